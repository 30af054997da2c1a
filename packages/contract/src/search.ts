import { z } from 'zod'
import { id, line } from './fields.ts'

export const SEARCH_KINDS = ['units', 'people', 'complexes', 'buildings', 'invites', 'staff', 'companies'] as const
export type SearchKind = (typeof SEARCH_KINDS)[number]

/** Most results of one kind. */
export const SEARCH_GROUP_LIMIT = 8

export const SEARCH_TARGETS = ['unit', 'person', 'complex', 'building', 'member', 'company'] as const

export const searchInput = z.strictObject({
  q: line(100),
  /** All that the caller may see where absent. */
  kinds: z.array(z.enum(SEARCH_KINDS)).min(1).max(SEARCH_KINDS.length).optional(),
})

export const searchHit = z.strictObject({
  id,
  /** Number of a unit, name of all else. */
  label: z.string(),
  /** Where it is: `Block 2, Lozenets`. */
  place: z.string().nullable(),
  /** How to reach somebody. */
  contact: z.string().nullable(),
  /** The page that shows it. */
  target: z.strictObject({ kind: z.enum(SEARCH_TARGETS), id }),
})

export const searchResults = z.strictObject({
  /** In the order of `SEARCH_KINDS`, best first; kinds without a hit are left out. */
  groups: z.array(z.strictObject({ kind: z.enum(SEARCH_KINDS), hits: z.array(searchHit), hasMore: z.boolean() })),
})

export type SearchHit = z.infer<typeof searchHit>
export type SearchResults = z.infer<typeof searchResults>
