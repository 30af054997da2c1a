import { z } from 'zod'
import { id, PAGE_LIMIT } from './fields.ts'

export const TIMELINE_OF = ['complex', 'building', 'unit', 'person'] as const
export type TimelineOf = (typeof TIMELINE_OF)[number]

/** Rows whose changes a timeline tells. */
export const TIMELINE_SUBJECTS = [
  'complexes',
  'buildings',
  'entrances',
  'units',
  'people',
  'residencies',
  'invites',
  'settings',
] as const
export type TimelineSubject = (typeof TIMELINE_SUBJECTS)[number]

export const TIMELINE_ACTIONS = ['create', 'update', 'remove', 'restore', 'revoke', 'accept'] as const
export type TimelineAction = (typeof TIMELINE_ACTIONS)[number]

export const TIMELINE_FIELDS = [
  'name',
  'city',
  'address',
  'timezone',
  'floors',
  'number',
  'building',
  'entrance',
  'type',
  'unitType',
  'floor',
  'areaM2',
  'share',
  'firstName',
  'lastName',
  'email',
  'phone',
  'note',
  'account',
  'person',
  'kind',
  'startsOn',
  'endsOn',
  'verifiedLevel',
  'maxUses',
  'usedCount',
  'expiresAt',
  'value',
] as const
export type TimelineField = (typeof TIMELINE_FIELDS)[number]

/** Names instead of ids; e-mail addresses and phone numbers masked as the audit log keeps them. */
const shown = z.union([z.string(), z.number(), z.boolean()]).nullable()

export const timelineEntry = z.strictObject({
  id: z.int(),
  at: z.iso.datetime(),
  /** `other`: an account the company does not know by name, such as the platform's. */
  actor: z.strictObject({ kind: z.enum(['staff', 'resident', 'other', 'system']), name: z.string().nullable() }),
  action: z.enum(TIMELINE_ACTIONS),
  subject: z.strictObject({
    kind: z.enum(TIMELINE_SUBJECTS),
    /** Of what hangs on the entity: the person of a residency, the number of an entrance. */
    label: z.string().nullable(),
    /** Where `label` is the number of a unit. */
    building: z.string().nullable(),
  }),
  changes: z.array(z.strictObject({ field: z.enum(TIMELINE_FIELDS), before: shown, after: shown })),
})
export const listTimelineInput = z.strictObject({
  entity: z.enum(TIMELINE_OF),
  id,
  cursor: z.string().max(512).optional(),
  limit: z.int().min(1).max(PAGE_LIMIT).default(20),
})
export const timelinePage = z.strictObject({ items: z.array(timelineEntry), nextCursor: z.string().nullable() })
export type TimelineEntry = z.infer<typeof timelineEntry>
