import { AUDIT_RESULTS } from '@servai/db/schema/enums'
import { z } from 'zod'
import { id, PAGE_LIMIT } from './fields.ts'

export { AUDIT_RESULTS }

/** What an entry is about, by the word its action begins with; of refused calls of the registry by the next. */
export const AUDIT_GROUPS = {
  access: ['auth', 'accounts', 'verification', 'reset', 'impersonations', 'api_keys', 'apiKeys'],
  registry: ['complexes', 'buildings', 'entrances', 'units', 'unit_types', 'unitTypes', 'overview', 'timeline'],
  people: ['people', 'residencies', 'invites', 'invite_uses', 'claims'],
  staff: ['staff', 'staff_profiles', 'staff_invites', 'role_grants'],
  data: ['property', 'imports', 'import_mappings', 'exports', 'seed'],
  settings: ['settings', 'companies', 'platform_settings'],
} as const
export type AuditGroup = keyof typeof AUDIT_GROUPS
// Object.keys forgets the type of the keys.
const groups = Object.keys(AUDIT_GROUPS) as [AuditGroup, ...AuditGroup[]]

export const listAuditInput = z.strictObject({
  from: z.iso.datetime().optional(),
  /** Exclusive. */
  to: z.iso.datetime().optional(),
  actorId: id.optional(),
  group: z.enum(groups).optional(),
  entityId: id.optional(),
  result: z.enum(AUDIT_RESULTS).optional(),
  requestId: z.string().min(1).max(64).optional(),
  /** In actions, values, addresses. */
  q: z.string().trim().min(2).max(100).optional(),
  cursor: z.string().max(512).optional(),
  limit: z.int().min(1).max(PAGE_LIMIT).default(50),
})

const shown = z.union([z.string(), z.number(), z.boolean()]).nullable()

export const auditEntry = z.strictObject({
  /** Text, because it is a number without end. */
  id: z.string(),
  at: z.iso.datetime(),
  company: z.strictObject({ id, name: z.string() }).nullable(),
  /** `other`: an account the company does not know by name; `nobody`: who it was is not known. */
  actor: z.strictObject({
    id: id.nullable(),
    kind: z.enum(['staff', 'resident', 'platform', 'other', 'system', 'nobody']),
    name: z.string().nullable(),
  }),
  /** Who acted as the actor. */
  impersonator: z.strictObject({ name: z.string().nullable() }).nullable(),
  apiKey: z.strictObject({ name: z.string().nullable() }).nullable(),
  action: z.string(),
  result: z.enum(AUDIT_RESULTS),
  entity: z.string().nullable(),
  entityId: id.nullable(),
  requestId: z.string().nullable(),
  address: z.string().nullable(),
  /** Columns by the names of the timeline where it has them; contacts masked. */
  changes: z.array(z.strictObject({ field: z.string(), before: shown, after: shown })),
  /** Its place in the chain; null for some seconds. */
  seal: z.strictObject({ seq: z.int(), sealedAt: z.iso.datetime() }).nullable(),
})
/** With filters a page may hold fewer than asked for, and none at all, although more follow: `searchedUntil` tells how far. */
export const auditPage = z.strictObject({
  items: z.array(auditEntry),
  nextCursor: z.string().nullable(),
  searchedUntil: z.iso.datetime().nullable(),
})
export type AuditEntry = z.infer<typeof auditEntry>
