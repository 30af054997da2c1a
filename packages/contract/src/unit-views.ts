import { z } from 'zod'
import { id } from './fields.ts'
import { UNIT_TYPES } from './property.ts'

/**
 * `empty`: nobody lives there today. `invited`: an active invite, and nobody connected yet. `connected`: a resident with an
 * account lives there. `occupied`: residents, none of them with an account.
 */
export const UNIT_STATES = ['empty', 'invited', 'occupied', 'connected'] as const
export type UnitState = (typeof UNIT_STATES)[number]

export const gridCell = z.strictObject({
  id,
  number: z.string(),
  type: z.enum(UNIT_TYPES),
  unitTypeId: id.nullable(),
  state: z.enum(UNIT_STATES),
})
export const unitGridInput = z.strictObject({ complexId: id })
export const unitGrid = z.strictObject({
  buildings: z.array(
    z.strictObject({
      id,
      name: z.string(),
      /** The last one, without id and number, holds the units that belong to no entrance. */
      entrances: z.array(
        z.strictObject({
          id: id.nullable(),
          number: z.string().nullable(),
          /** From the top; units without a floor come last. */
          floors: z.array(z.strictObject({ floor: z.int().nullable(), units: z.array(gridCell) })),
        }),
      ),
    }),
  ),
})

/** What a unit's page counts on its tabs. */
export const unitCard = z.strictObject({
  people: z.strictObject({ now: z.int(), future: z.int(), past: z.int(), connected: z.int(), unverified: z.int() }),
  invites: z.strictObject({ active: z.int(), all: z.int() }),
})

export type GridCell = z.infer<typeof gridCell>
export type UnitGrid = z.infer<typeof unitGrid>
export type UnitCard = z.infer<typeof unitCard>
