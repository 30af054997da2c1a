import { done, idInput, removalInput } from '@servai/contract/fields'
import {
  entrance,
  entrancePage,
  createEntranceInput,
  listEntrancesInput,
  updateEntranceInput,
} from '@servai/contract/property'
import { companyProcedure, router } from '../../trpc.ts'
import { ACCESS } from '../policy.ts'
import {
  createEntrance,
  getEntrance,
  listEntrances,
  removeEntrance,
  restoreEntrance,
  updateEntrance,
} from './service.ts'

export const entrancesRouter = router({
  list: companyProcedure
    .meta({
      access: ACCESS.readRegistry,
      rest: { method: 'GET', path: '/property/entrances' },
      summary: 'Entrances the caller may see',
    })
    .input(listEntrancesInput)
    .output(entrancePage)
    .query(({ ctx, input }) => listEntrances(ctx, input)),
  get: companyProcedure
    .meta({
      access: ACCESS.readRegistry,
      rest: { method: 'GET', path: '/property/entrances/{id}' },
      summary: 'One entrance',
    })
    .input(idInput)
    .output(entrance)
    .query(({ ctx, input }) => getEntrance(ctx, input)),
  create: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'POST', path: '/property/entrances' },
      summary: 'Add an entrance to a building',
    })
    .input(createEntranceInput)
    .output(entrance)
    .mutation(({ ctx, input }) => createEntrance(ctx, input)),
  update: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'PATCH', path: '/property/entrances/{id}' },
      summary: 'Change an entrance, if nobody else has since `version`',
    })
    .input(updateEntranceInput)
    .output(entrance)
    .mutation(({ ctx, input }) => updateEntrance(ctx, input)),
  remove: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'DELETE', path: '/property/entrances/{id}' },
      summary: 'Remove an entrance, with `cascade` its units too; it can be restored',
    })
    .input(removalInput)
    .output(done)
    .mutation(({ ctx, input }) => removeEntrance(ctx, input)),
  restore: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'POST', path: '/property/entrances/{id}/restore' },
      summary: 'Bring a removed entrance back',
    })
    .input(idInput)
    .output(entrance)
    .mutation(({ ctx, input }) => restoreEntrance(ctx, input)),
})
