import { done, idInput, removalInput } from '@servai/contract/fields'
import { unit, unitPage, createUnitInput, listUnitsInput, updateUnitInput } from '@servai/contract/property'
import { companyProcedure, router } from '../../trpc.ts'
import { ACCESS } from '../policy.ts'
import { createUnit, getUnit, listUnits, removeUnit, restoreUnit, updateUnit } from './service.ts'

export const unitsRouter = router({
  list: companyProcedure
    .meta({
      access: ACCESS.readHomes,
      rest: { method: 'GET', path: '/property/units' },
      summary: 'Units the caller may see',
    })
    .input(listUnitsInput)
    .output(unitPage)
    .query(({ ctx, input }) => listUnits(ctx, input)),
  get: companyProcedure
    .meta({ access: ACCESS.readHomes, rest: { method: 'GET', path: '/property/units/{id}' }, summary: 'One unit' })
    .input(idInput)
    .output(unit)
    .query(({ ctx, input }) => getUnit(ctx, input)),
  create: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'POST', path: '/property/units' },
      summary: 'Add a unit to a building',
    })
    .input(createUnitInput)
    .output(unit)
    .mutation(({ ctx, input }) => createUnit(ctx, input)),
  update: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'PATCH', path: '/property/units/{id}' },
      summary: 'Change a unit, if nobody else has since `version`',
    })
    .input(updateUnitInput)
    .output(unit)
    .mutation(({ ctx, input }) => updateUnit(ctx, input)),
  remove: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'DELETE', path: '/property/units/{id}' },
      summary: 'Remove a unit, with `cascade` its residencies and invites too; it can be restored',
    })
    .input(removalInput)
    .output(done)
    .mutation(({ ctx, input }) => removeUnit(ctx, input)),
  restore: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'POST', path: '/property/units/{id}/restore' },
      summary: 'Bring a removed unit back',
    })
    .input(idInput)
    .output(unit)
    .mutation(({ ctx, input }) => restoreUnit(ctx, input)),
})
