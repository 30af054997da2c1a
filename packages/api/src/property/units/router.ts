import { bulkIdsInput, bulkRemovalInput, done, idInput, removalInput } from '@servai/contract/fields'
import {
  unit,
  unitPage,
  createUnitInput,
  listUnitsInput,
  updatedRows,
  updateUnitInput,
  updateUnitsInput,
} from '@servai/contract/property'
import { unitCard, unitGrid, unitGridInput } from '@servai/contract/unit-views'
import { companyProcedure, router } from '../../trpc.ts'
import { ACCESS } from '../policy.ts'
import { removeUnits, restoreUnits, updateUnits } from '../unit-batches/service.ts'
import { getUnitCard, getUnitGrid } from '../unit-views/service.ts'
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
  updateMany: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'PATCH', path: '/property/units' },
      summary: 'Change entrance, floor or type of several units, all or none',
    })
    .input(updateUnitsInput)
    .output(updatedRows)
    .mutation(({ ctx, input }) => updateUnits(ctx, input)),
  removeMany: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'POST', path: '/property/units/remove' },
      summary: 'Remove several units, all or none',
    })
    .input(bulkRemovalInput)
    .output(done)
    .mutation(({ ctx, input }) => removeUnits(ctx, input)),
  restoreMany: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'POST', path: '/property/units/restore' },
      summary: 'Bring several removed units back, all or none',
    })
    .input(bulkIdsInput)
    .output(done)
    .mutation(({ ctx, input }) => restoreUnits(ctx, input)),
  grid: companyProcedure
    .meta({
      access: ACCESS.overview,
      rest: { method: 'GET', path: '/property/complexes/{complexId}/grid' },
      summary: 'Every unit of a complex by building, entrance and floor, with its state',
    })
    .input(unitGridInput)
    .output(unitGrid)
    .query(({ ctx, input }) => getUnitGrid(ctx, input)),
  card: companyProcedure
    .meta({
      access: ACCESS.overview,
      rest: { method: 'GET', path: '/property/units/{id}/card' },
      summary: 'What there is about a unit, counted',
    })
    .input(idInput)
    .output(unitCard)
    .query(({ ctx, input }) => getUnitCard(ctx, input)),
})
