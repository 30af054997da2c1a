import { COMPANY_ROLES, RESIDENCY_KINDS, ROLES, SPECIALISATIONS, STAFF_ROLES } from '@servai/db/schema/enums'
import { z } from 'zod'
import { email, oneTimeToken } from './auth.ts'
import { id, line, optionalLine, page, pageInput, version } from './fields.ts'
import { LOCALES } from './locales.ts'
import { contextKey, type StaffRole } from './roles.ts'

export { SPECIALISATIONS, STAFF_ROLES }
export type { Specialisation } from '@servai/db/schema/enums'

/** Held in the whole company; the other roles are held in complexes. */
export const isCompanyRole = (role: StaffRole) => (COMPANY_ROLES as readonly StaffRole[]).includes(role)

const list = { cursor: pageInput.cursor, limit: pageInput.limit, q: pageInput.q }
const complex = z.strictObject({ id, name: z.string() })
const at = z.iso.datetime()
/** Who did it, where the caller may know; NULL stands for the platform as well. */
const by = z.strictObject({ name: z.string() }).nullable()
const specialisations = z
  .array(z.enum(SPECIALISATIONS))
  .max(SPECIALISATIONS.length)
  .refine((given) => new Set(given).size === given.length, { params: { code: 'given_twice' } })
const complexIds = z
  .array(id)
  .max(200)
  .refine((given) => new Set(given).size === given.length, { params: { code: 'given_twice' } })
const fitsRole = ({ role, complexIds: given }: { role: StaffRole; complexIds: string[] }) =>
  isCompanyRole(role) === (given.length === 0)
const SCOPE = { path: ['complexIds'], params: { code: 'role_scope' } }

export const grant = z.strictObject({
  id,
  role: z.enum(STAFF_ROLES),
  /** NULL: the whole company. */
  complex: complex.nullable(),
  since: at,
  by,
  expiresAt: at.nullable(),
  isExpired: z.boolean(),
  allowed: z.array(z.enum(['revoke'])),
})

export const MEMBER_ACTIONS = ['update', 'grant', 'explain'] as const
export const member = z.strictObject({
  id,
  version,
  userId: id,
  firstName: z.string(),
  lastName: z.string(),
  email: z.string(),
  isYou: z.boolean(),
  title: z.string(),
  phone: z.string().nullable(),
  specialisations: z.array(z.enum(SPECIALISATIONS)),
  /** Since when the company knows this account. */
  since: at,
  /** Those that the caller may see: all of the company, or of the complexes in their care. */
  grants: z.array(grant),
  allowed: z.array(z.enum(MEMBER_ACTIONS)),
})
export const memberPage = page(member)

export const MEMBER_STATES = ['current', 'former'] as const
export const listMembersInput = z.strictObject({
  ...list,
  state: z.enum(MEMBER_STATES).default('current'),
  role: z.enum(STAFF_ROLES).optional(),
  /** Everybody with a grant in this complex or in the whole company. */
  complexId: id.optional(),
  specialisation: z.enum(SPECIALISATIONS).optional(),
  sort: z.enum(['name', 'since']).default('name'),
  order: z.enum(['asc', 'desc']).default('asc'),
})
const profile = { title: optionalLine(100), phone: line(40).nullable(), specialisations }
export const updateMemberInput = z.strictObject({ id, version, ...z.object(profile).partial().shape })

/** The roles the caller may hand out, and where. */
export const offeredRoles = z.strictObject({
  items: z.array(
    z.strictObject({
      role: z.enum(STAFF_ROLES),
      /** NULL: in any complex, or, for a role of the company, in the company. */
      complexIds: z.array(id).nullable(),
    }),
  ),
})

/** One grant per complex; one that is held already gets the new end. */
export const createGrantsInput = z
  .strictObject({
    memberId: id,
    role: z.enum(STAFF_ROLES),
    complexIds: complexIds.default([]),
    expiresAt: at.nullable().default(null),
  })
  .refine(fitsRole, SCOPE)

export const staffInvite = z.strictObject({
  id,
  email: z.string(),
  role: z.enum(STAFF_ROLES),
  complexes: z.array(complex),
  title: z.string(),
  specialisations: z.array(z.enum(SPECIALISATIONS)),
  locale: z.enum(LOCALES),
  sentAt: at,
  by,
  expiresAt: at,
  isExpired: z.boolean(),
  allowed: z.array(z.enum(['resend', 'revoke'])),
})
export const staffInvitePage = page(staffInvite)
export const listStaffInvitesInput = z.strictObject({ ...list, role: z.enum(STAFF_ROLES).optional() })
export const createStaffInviteInput = z
  .strictObject({
    email,
    role: z.enum(STAFF_ROLES),
    complexIds: complexIds.default([]),
    title: optionalLine(100).default(''),
    specialisations: specialisations.default([]),
    locale: z.enum(LOCALES),
  })
  .refine(fitsRole, SCOPE)

/** Who runs a new company, until its director invites others. */
export const founder = z.strictObject({ email, locale: z.enum(LOCALES) })
export const foundersInput = z.strictObject({ director: founder, accountant: founder.optional() })

export const staffInviteToken = z.strictObject({ token: oneTimeToken })
export const staffInvitePreview = z.strictObject({
  company: z.strictObject({ name: z.string() }),
  role: z.enum(STAFF_ROLES),
  complexes: z.array(z.strictObject({ name: z.string(), city: z.string() })),
  title: z.string(),
  /** The only address that can accept. */
  email: z.string(),
  expiresAt: at,
})
export const acceptedStaffInvite = z.strictObject({
  status: z.enum(['accepted', 'already_accepted']),
  /** In which the new colleague can act from now on. */
  contextKey,
})

export const EXPLAINED_KINDS = ['company', 'complex', 'unit'] as const
export const EXPLAINED_ACTIONS = [
  'see',
  'see_people',
  'update',
  'remove',
  'import',
  'manage_people',
  'manage_settings',
  'grant_roles',
] as const

export const revokedGrant = z.strictObject({
  ok: z.literal(true),
  /** Open invites of residents that are worth nothing from now on. */
  orphanedInvites: z.int(),
})

/** Somebody of the staff by account, or somebody in the registry by person. */
export const explainInput = z
  .strictObject({
    userId: id.optional(),
    personId: id.optional(),
    kind: z.enum(EXPLAINED_KINDS),
    /** Of the company, complex or unit. */
    id,
  })
  .refine(({ userId, personId }) => (userId === undefined) !== (personId === undefined), {
    path: ['userId'],
    params: { code: 'one_of' },
  })

const reason = {
  since: z.string(),
  by,
}
const unitInBuilding = z.strictObject({ id, number: z.string(), building: z.string() })

export const explanation = z.strictObject({
  who: z.strictObject({
    userId: id.nullable(),
    personId: id.nullable(),
    name: z.string(),
    account: z.enum(['none', 'unproven', 'disabled', 'active']),
  }),
  subject: z.strictObject({
    kind: z.enum(EXPLAINED_KINDS),
    id,
    /** Of a unit: its number. */
    name: z.string(),
    /** Of a unit: the name of its building. */
    building: z.string().nullable(),
    complex: complex.nullable(),
  }),
  hasAccess: z.boolean(),
  /** What the access follows from, one entry for each way in. */
  because: z.array(
    z.discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('grant'),
        role: z.enum(ROLES),
        complex: complex.nullable(),
        ...reason,
        expiresAt: at.nullable(),
      }),
      z.strictObject({
        kind: z.literal('residency'),
        unit: unitInBuilding,
        residency: z.enum(RESIDENCY_KINDS),
        ...reason,
        /** First day without access. */
        until: z.string().nullable(),
      }),
      /** Which role of the platform is told to who sees the whole company. */
      z.strictObject({ kind: z.literal('platform'), role: z.enum(ROLES).nullable() }),
    ]),
  ),
  /** What would have given access and does not, or no longer. */
  notBecause: z.array(
    z.discriminatedUnion('kind', [
      z.strictObject({
        kind: z.enum(['grant_expired', 'grant_revoked']),
        role: z.enum(STAFF_ROLES),
        complex: complex.nullable(),
        at,
        by,
      }),
      z.strictObject({
        kind: z.enum(['residency_ended', 'residency_not_begun', 'residency_removed']),
        unit: unitInBuilding,
        residency: z.enum(RESIDENCY_KINDS),
        on: z.string(),
        by,
      }),
    ]),
  ),
  /** In each capacity, by the rules the procedures themselves ask; without roles where those are not told. */
  rights: z.array(z.strictObject({ roles: z.array(z.enum(ROLES)), actions: z.array(z.enum(EXPLAINED_ACTIONS)) })),
})

export type Grant = z.infer<typeof grant>
export type Member = z.infer<typeof member>
export type StaffInvite = z.infer<typeof staffInvite>
export type StaffInvitePreview = z.infer<typeof staffInvitePreview>
export type Explanation = z.infer<typeof explanation>
export type OfferedRoles = z.infer<typeof offeredRoles>
