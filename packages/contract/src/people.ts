import { z } from 'zod'
import { id, page, pageInput, line, version } from './fields.ts'
import { RESIDENCY_KINDS, row, ROW_ACTIONS, sort, target, VERIFIED_LEVELS } from './property.ts'

const email = z.email().max(254).nullable()
const phone = line(40).nullable()
/** A few lines of the company's own about somebody. */
const note = z
  .string()
  .trim()
  .max(2000)
  .refine((value) => value.isWellFormed() && !/[^\P{Cc}\n\t]/u.test(value), { params: { code: 'control_characters' } })

export const HOME_STATES = ['now', 'future', 'past'] as const

export const personHome = z.strictObject({
  residencyId: id,
  unit: z.strictObject({ id, number: z.string() }),
  building: z.strictObject({ id, name: z.string() }),
  complex: z.strictObject({ id, name: z.string() }),
  kind: z.enum(RESIDENCY_KINDS),
  startsOn: z.string(),
  endsOn: z.string().nullable(),
  verifiedLevel: z.enum(VERIFIED_LEVELS),
  /** As of today where the complex stands. */
  state: z.enum(HOME_STATES),
})

export const PERSON_HOMES_LISTED = 5

export const person = z.strictObject({
  ...row,
  /** `erase` on the page of one person, never in a list. */
  allowed: z.array(z.enum([...ROW_ACTIONS, 'erase'])),
  firstName: z.string(),
  lastName: z.string(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
  note: z.string(),
  hasAccount: z.boolean(),
  /** Those the caller may see, present ones first; a list shows the first few of these, without the past. */
  homes: z.array(personHome),
})
export const listPeopleInput = z.strictObject({
  ...pageInput,
  complexId: id.optional(),
  buildingId: id.optional(),
  kind: z.enum(RESIDENCY_KINDS).optional(),
  hasAccount: z.boolean().optional(),
  /** Only those who have no home, now or later. */
  withoutHome: z.boolean().optional(),
  ...sort(['name', 'createdAt']),
})
export const createPersonInput = z.strictObject({
  firstName: line(100),
  lastName: line(100),
  email: email.default(null),
  phone: phone.default(null),
  note: note.default(''),
})
const changes = {
  firstName: line(100).optional(),
  lastName: line(100).optional(),
  email: email.optional(),
  phone: phone.optional(),
  note: note.optional(),
}
export const updatePersonInput = z.strictObject({ ...target, ...changes })
/** `source` gives its homes, invites and account to the person named by `id`, and is removed. */
export const mergePeopleInput = z.strictObject({ ...target, ...changes, source: z.strictObject({ id, version }) })
/** For good: the name and every way of contact. */
export const erasePersonInput = z.strictObject(target)
export const personPage = page(person)

export type Person = z.infer<typeof person>
export type PersonHome = z.infer<typeof personHome>
