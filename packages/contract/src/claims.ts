import { CLAIM_STATUSES, RESIDENCY_KINDS } from '@servai/db/schema/enums'
import { z } from 'zod'
import { id, line, optionalLine, page, PAGE_LIMIT, version } from './fields.ts'
import { share } from './property.ts'

export { CLAIM_STATUSES }

const kind = z.enum(RESIDENCY_KINDS)
const pageOf = { cursor: z.string().max(512).optional(), limit: z.int().min(1).max(PAGE_LIMIT).default(20) }

/** Complexes to ask for a home in: at most this many, so that nobody reads the whole list. */
export const DIRECTORY_LIMIT = 10
export const directoryInput = z.strictObject({ q: line(100, 3) })
export const directory = z.strictObject({
  items: z.array(z.strictObject({ id, name: z.string(), city: z.string(), address: z.string(), company: z.string() })),
})

/** Which unit it is, is said in words: whether there is such a one, nobody is told before a manager has decided. */
export const createClaimInput = z.strictObject({
  complexId: id,
  building: optionalLine(60).default(''),
  unit: line(40),
  kind,
  phone: line(40).nullable().default(null),
  message: optionalLine(500).default(''),
})

const stated = {
  id,
  version,
  createdAt: z.iso.datetime(),
  building: z.string(),
  unit: z.string(),
  kind,
  message: z.string(),
  status: z.enum(CLAIM_STATUSES),
  decidedAt: z.iso.datetime().nullable(),
  /** What the claimant was told. */
  note: z.string(),
}

export const ownClaim = z.strictObject({
  ...stated,
  company: z.string(),
  complex: z.strictObject({ name: z.string(), city: z.string(), address: z.string() }),
})
export const ownClaimPage = page(ownClaim)
export const listOwnClaimsInput = z.strictObject(pageOf)

export const CLAIM_ACTIONS = ['approve', 'decline'] as const
export const claim = z.strictObject({
  ...stated,
  complex: z.strictObject({ id, name: z.string() }),
  claimant: z.strictObject({
    firstName: z.string(),
    lastName: z.string(),
    email: z.string(),
    phone: z.string().nullable(),
  }),
  /** Where it led to, once approved. */
  home: z.strictObject({ unitId: id, unit: z.string(), building: z.string() }).nullable(),
  /** Name of the member of staff. */
  decidedBy: z.string().nullable(),
  allowed: z.array(z.enum(CLAIM_ACTIONS)),
})
export const claimPage = page(claim)
/** What waits comes first, then what was decided last. */
export const listClaimsInput = z.strictObject({
  ...pageOf,
  complexId: id.optional(),
  status: z.enum(CLAIM_STATUSES).optional(),
})
export const pendingClaims = z.strictObject({ pending: z.int() })

export const approveClaimInput = z
  .strictObject({
    id,
    unitId: id,
    kind,
    share: share.nullable().default(null),
    note: optionalLine(500).default(''),
  })
  .refine((input) => input.share === null || input.kind === 'owner', {
    path: ['share'],
    params: { code: 'share_of_owner' },
  })
export const declineClaimInput = z.strictObject({ id, note: optionalLine(500).default('') })

export type Claim = z.infer<typeof claim>
export type OwnClaim = z.infer<typeof ownClaim>
export type DirectoryComplex = z.infer<typeof directory>['items'][number]
