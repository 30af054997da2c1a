import { RESIDENCY_KINDS, UNIT_TYPES } from '@servai/db/schema/enums'
import { z } from 'zod'
import { oneTimeToken } from './auth.ts'
import { bulkIdsInput, id, page, PAGE_LIMIT, version } from './fields.ts'
import { contextKey } from './roles.ts'

/** What comes last in this list is said first. `orphaned`: who made it may not invite there any more. */
export const INVITE_STATUSES = ['active', 'orphaned', 'expired', 'exhausted', 'revoked'] as const
export type InviteStatus = (typeof INVITE_STATUSES)[number]

export const INVITE_ACTIONS = ['revoke', 'mail', 'adopt'] as const

export const MAX_INVITE_USES = 1000
export const MAX_INVITE_TTL_DAYS = 90

const kind = z.enum(RESIDENCY_KINDS)
/** How many accounts may come in by it; NULL: any number until it expires. */
const maxUses = z.int().min(1).max(MAX_INVITE_USES).nullable().default(1)
/** Absent: as the settings of the complex have it. */
const ttlDays = z.int().min(1).max(MAX_INVITE_TTL_DAYS).optional()

export const invite = z.strictObject({
  id,
  version,
  createdAt: z.iso.datetime(),
  unit: z.strictObject({
    id,
    number: z.string(),
    entrance: z.string().nullable(),
    building: z.string(),
    complexId: id,
    complex: z.string(),
    address: z.string(),
  }),
  /** Whom it is for, where the company knows that person. */
  person: z.strictObject({ id, firstName: z.string(), lastName: z.string(), email: z.string().nullable() }).nullable(),
  kind,
  maxUses: z.int().nullable(),
  usedCount: z.int(),
  expiresAt: z.iso.datetime(),
  revokedAt: z.iso.datetime().nullable(),
  mailedAt: z.iso.datetime().nullable(),
  status: z.enum(INVITE_STATUSES),
  /** Name of who made it; NULL when the company does not know that account any more. */
  createdBy: z.string().nullable(),
  allowed: z.array(z.enum(INVITE_ACTIONS)),
})
/** With the way in, relative to the address of the web app; NULL for a link that is dead and for who may not invite. */
export const inviteWithLink = z.strictObject({ ...invite.shape, path: z.string().nullable() })
export const invitePage = page(invite)

const pageOf = { cursor: z.string().max(512).optional(), limit: z.int().min(1).max(PAGE_LIMIT).default(20) }

export const listInvitesInput = z.strictObject({
  ...pageOf,
  /** Beginning of a unit's number, or the name, address or number of whom it is for. */
  q: z.string().trim().max(100).optional(),
  complexId: id.optional(),
  buildingId: id.optional(),
  entranceId: id.optional(),
  unitId: id.optional(),
  status: z.enum(INVITE_STATUSES).optional(),
})

export const createInviteInput = z
  .strictObject({
    unitId: id,
    kind,
    maxUses,
    ttlDays,
    personId: id.nullable().default(null),
    /** Sends the link to the person's address. */
    mail: z.boolean().default(false),
    /** Revokes the oldest where the unit has as many active ones as it may. */
    replace: z.boolean().default(false),
  })
  .refine(({ personId, maxUses: uses }) => personId === null || uses === 1, {
    path: ['maxUses'],
    params: { code: 'personal_invite_is_for_one' },
  })
  .refine(({ personId, mail }) => !mail || personId !== null, {
    path: ['mail'],
    params: { code: 'mail_needs_a_person' },
  })

export const adoptInvitesInput = bulkIdsInput
export const invitesAdopted = z.strictObject({
  adopted: z.int(),
  /** Stay orphaned: their units have as many active invites as they may have. */
  withoutRoom: z.int(),
})

export const inviteUse = z.strictObject({
  id,
  at: z.iso.datetime(),
  residencyId: id,
  person: z.strictObject({ id, firstName: z.string(), lastName: z.string() }),
})
export const listInviteUsesInput = z.strictObject({ id, ...pageOf })
export const inviteUsePage = page(inviteUse)

/** Units of one complex, building or entrance. */
const batch = {
  complexId: id.optional(),
  buildingId: id.optional(),
  entranceId: id.optional(),
  types: z.array(z.enum(UNIT_TYPES)).min(1).max(UNIT_TYPES.length).default(['apartment', 'studio', 'commercial']),
}
const isOnePlace = (input: {
  complexId?: string | undefined
  buildingId?: string | undefined
  entranceId?: string | undefined
}) => [input.complexId, input.buildingId, input.entranceId].filter((given) => given !== undefined).length === 1
const onePlace = { path: ['complexId'], params: { code: 'one_place' } }

export const MAX_INVITE_BATCH = 2000

export const planInvitesInput = z.strictObject(batch).refine(isOnePlace, onePlace)
export const createInvitesInput = z
  .strictObject({
    ...batch,
    kind,
    maxUses,
    ttlDays,
    /** Sends each link to the people of the unit whose address is known and who have no account. */
    mail: z.boolean().default(false),
  })
  .refine(isOnePlace, onePlace)

export const invitePlan = z.strictObject({
  units: z.int(),
  /** Left out: an invite is active there already. */
  withInvite: z.int(),
  /** Left out: somebody who lives there has an account. */
  connected: z.int(),
  /** What remains: one invite for each. */
  toCreate: z.int(),
  /** People in these who could be sent the link. */
  toMail: z.int(),
})
export const invitesCreated = z.strictObject({ created: z.int(), mailed: z.int() })

/** For printing: one slip for each unit that has an invite for anybody. */
export const inviteSheetInput = z.strictObject({ buildingId: id, entranceId: id.optional() })
export const inviteSheet = z.strictObject({
  company: z.string(),
  complex: z.string(),
  address: z.string(),
  building: z.string(),
  timezone: z.string(),
  slips: z.array(
    z.strictObject({
      inviteId: id,
      unit: z.string(),
      entrance: z.string().nullable(),
      floor: z.int().nullable(),
      kind,
      maxUses: z.int().nullable(),
      expiresAt: z.iso.datetime(),
      path: z.string(),
    }),
  ),
  /** Numbers of the units that have none. */
  without: z.array(z.string()),
})
export type InviteSheet = z.infer<typeof inviteSheet>

export const inviteTokenInput = z.strictObject({ token: oneTimeToken })

const home = {
  company: z.string(),
  complex: z.string(),
  address: z.string(),
  building: z.string(),
  unit: z.string(),
  kind,
}
/** Where an invite leads: nothing about who lives there. */
export const invitePreview = z.strictObject(home)
export const acceptedInvite = z.strictObject({
  /** `already`: the home was the caller's before, and nothing has changed. */
  status: z.enum(['added', 'already']),
  residencyId: id,
  /** To act in from now on. */
  context: contextKey,
  ...home,
})

export type Invite = z.infer<typeof invite>
export type InvitePreview = z.infer<typeof invitePreview>
export type AcceptedInvite = z.infer<typeof acceptedInvite>
