import { done, idInput, removalInput } from '@servai/contract/fields'
import {
  building,
  buildingPage,
  createBuildingInput,
  listBuildingsInput,
  updateBuildingInput,
} from '@servai/contract/property'
import { companyProcedure, router } from '../../trpc.ts'
import { ACCESS } from '../policy.ts'
import {
  createBuilding,
  getBuilding,
  listBuildings,
  removeBuilding,
  restoreBuilding,
  updateBuilding,
} from './service.ts'

export const buildingsRouter = router({
  list: companyProcedure
    .meta({
      access: ACCESS.readRegistry,
      rest: { method: 'GET', path: '/property/buildings' },
      summary: 'Buildings the caller may see',
    })
    .input(listBuildingsInput)
    .output(buildingPage)
    .query(({ ctx, input }) => listBuildings(ctx, input)),
  get: companyProcedure
    .meta({
      access: ACCESS.readRegistry,
      rest: { method: 'GET', path: '/property/buildings/{id}' },
      summary: 'One building',
    })
    .input(idInput)
    .output(building)
    .query(({ ctx, input }) => getBuilding(ctx, input)),
  create: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'POST', path: '/property/buildings' },
      summary: 'Add a building to a complex',
    })
    .input(createBuildingInput)
    .output(building)
    .mutation(({ ctx, input }) => createBuilding(ctx, input)),
  update: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'PATCH', path: '/property/buildings/{id}' },
      summary: 'Change a building, if nobody else has since `version`',
    })
    .input(updateBuildingInput)
    .output(building)
    .mutation(({ ctx, input }) => updateBuilding(ctx, input)),
  remove: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'DELETE', path: '/property/buildings/{id}' },
      summary: 'Remove a building, with `cascade` everything in it too; it can be restored',
    })
    .input(removalInput)
    .output(done)
    .mutation(({ ctx, input }) => removeBuilding(ctx, input)),
  restore: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'POST', path: '/property/buildings/{id}/restore' },
      summary: 'Bring a removed building back',
    })
    .input(idInput)
    .output(building)
    .mutation(({ ctx, input }) => restoreBuilding(ctx, input)),
})
