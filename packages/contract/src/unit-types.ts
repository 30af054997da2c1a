import { z } from 'zod'
import { line, page, pageInput } from './fields.ts'
import { row, sort, target, UNIT_TYPES } from './property.ts'

const type = z.enum(UNIT_TYPES)

/** What a company calls some of its units: "Atelier" for commercial ones, say. */
export const unitType = z.strictObject({
  ...row,
  name: z.string(),
  /** What it counts as wherever rules and texts know the general types only. */
  type,
  units: z.int(),
})
export const listUnitTypesInput = z.strictObject({ ...pageInput, ...sort(['name', 'createdAt']) })
export const createUnitTypeInput = z.strictObject({ name: line(60), type })
export const updateUnitTypeInput = z.strictObject({ ...target, name: line(60).optional(), type: type.optional() })
export const unitTypePage = page(unitType)
export type UnitType = z.infer<typeof unitType>
