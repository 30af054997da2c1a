import { createResidencyInput, VERIFIED_LEVELS } from '@servai/contract/property'
import { z } from 'zod'

const { unitId: _, person, ...terms } = createResidencyInput.shape
const [known, particulars] = person.options

/** A residency ends after it has begun. */
const inOrder = ({ startsOn, endsOn }: { startsOn: string; endsOn: string | null }) =>
  endsOn === null || endsOn > startsOn
const ENDS_BEFORE_START = { path: ['endsOn'], params: { code: 'ends_before_start' } }

/** The contract's input with the person's fields beside the others, as a form has them. */
export const newcomer = z.strictObject({ ...particulars.shape, ...terms }).refine(inOrder, ENDS_BEFORE_START)

export const acquaintance = z.strictObject({ personId: known.shape.id, ...terms }).refine(inOrder, ENDS_BEFORE_START)

export const residencyTerms = z
  .strictObject({ ...terms, verifiedLevel: z.enum(VERIFIED_LEVELS) })
  .refine(inOrder, ENDS_BEFORE_START)
