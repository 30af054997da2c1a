import { done, idInput, versionedInput } from '@servai/contract/fields'
import {
  residency,
  residencyPage,
  createResidencyInput,
  listResidenciesInput,
  updateResidencyInput,
} from '@servai/contract/property'
import { companyProcedure, router } from '../../trpc.ts'
import { ACCESS } from '../policy.ts'
import {
  createResidency,
  getResidency,
  listResidencies,
  removeResidency,
  restoreResidency,
  updateResidency,
} from './service.ts'

export const residenciesRouter = router({
  list: companyProcedure
    .meta({
      access: ACCESS.readHomes,
      rest: { method: 'GET', path: '/property/residencies' },
      summary: 'Who lives where, as far as the caller may see',
    })
    .input(listResidenciesInput)
    .output(residencyPage)
    .query(({ ctx, input }) => listResidencies(ctx, input)),
  get: companyProcedure
    .meta({
      access: ACCESS.readHomes,
      rest: { method: 'GET', path: '/property/residencies/{id}' },
      summary: 'One residency',
    })
    .input(idInput)
    .output(residency)
    .query(({ ctx, input }) => getResidency(ctx, input)),
  create: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'POST', path: '/property/residencies' },
      summary: 'Let somebody move in',
    })
    .input(createResidencyInput)
    .output(residency)
    .mutation(({ ctx, input }) => createResidency(ctx, input)),
  update: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'PATCH', path: '/property/residencies/{id}' },
      summary: 'Change a residency, if nobody else has since `version`',
    })
    .input(updateResidencyInput)
    .output(residency)
    .mutation(({ ctx, input }) => updateResidency(ctx, input)),
  remove: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'DELETE', path: '/property/residencies/{id}' },
      summary: 'Remove a residency entered by mistake; it can be restored',
    })
    .input(versionedInput)
    .output(done)
    .mutation(({ ctx, input }) => removeResidency(ctx, input)),
  restore: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'POST', path: '/property/residencies/{id}/restore' },
      summary: 'Bring a removed residency back',
    })
    .input(idInput)
    .output(residency)
    .mutation(({ ctx, input }) => restoreResidency(ctx, input)),
})
