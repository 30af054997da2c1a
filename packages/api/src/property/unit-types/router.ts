import { done, idInput, versionedInput } from '@servai/contract/fields'
import {
  createUnitTypeInput,
  listUnitTypesInput,
  unitType,
  unitTypePage,
  updateUnitTypeInput,
} from '@servai/contract/unit-types'
import { companyProcedure, router } from '../../trpc.ts'
import { ACCESS } from '../policy.ts'
import { createUnitType, listUnitTypes, removeUnitType, restoreUnitType, updateUnitType } from './service.ts'

export const unitTypesRouter = router({
  list: companyProcedure
    .meta({
      access: ACCESS.overview,
      rest: { method: 'GET', path: '/property/unit-types' },
      summary: 'What the company calls its units',
    })
    .input(listUnitTypesInput)
    .output(unitTypePage)
    .query(({ ctx, input }) => listUnitTypes(ctx, input)),
  create: companyProcedure
    .meta({
      access: ACCESS.own,
      rest: { method: 'POST', path: '/property/unit-types' },
      summary: 'Add a unit type',
    })
    .input(createUnitTypeInput)
    .output(unitType)
    .mutation(({ ctx, input }) => createUnitType(ctx, input)),
  update: companyProcedure
    .meta({
      access: ACCESS.own,
      rest: { method: 'PATCH', path: '/property/unit-types/{id}' },
      summary: 'Change a unit type, if nobody else has since `version`; its units follow',
    })
    .input(updateUnitTypeInput)
    .output(unitType)
    .mutation(({ ctx, input }) => updateUnitType(ctx, input)),
  remove: companyProcedure
    .meta({
      access: ACCESS.own,
      rest: { method: 'DELETE', path: '/property/unit-types/{id}' },
      summary: 'Remove a unit type that no unit has; it can be restored',
    })
    .input(versionedInput)
    .output(done)
    .mutation(({ ctx, input }) => removeUnitType(ctx, input)),
  restore: companyProcedure
    .meta({
      access: ACCESS.own,
      rest: { method: 'POST', path: '/property/unit-types/{id}/restore' },
      summary: 'Bring a removed unit type back',
    })
    .input(idInput)
    .output(unitType)
    .mutation(({ ctx, input }) => restoreUnitType(ctx, input)),
})
