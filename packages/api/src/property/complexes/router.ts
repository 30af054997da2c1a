import { idInput, done, removalInput } from '@servai/contract/fields'
import {
  complex,
  complexPage,
  createComplexInput,
  listComplexesInput,
  updateComplexInput,
} from '@servai/contract/property'
import { companyProcedure, router } from '../../trpc.ts'
import { ACCESS } from '../policy.ts'
import { createComplex, getComplex, listComplexes, removeComplex, restoreComplex, updateComplex } from './service.ts'

export const complexesRouter = router({
  list: companyProcedure
    .meta({
      access: ACCESS.readRegistry,
      rest: { method: 'GET', path: '/property/complexes' },
      summary: 'Complexes the caller may see',
    })
    .input(listComplexesInput)
    .output(complexPage)
    .query(({ ctx, input }) => listComplexes(ctx, input)),
  get: companyProcedure
    .meta({
      access: ACCESS.readRegistry,
      rest: { method: 'GET', path: '/property/complexes/{id}' },
      summary: 'One complex',
    })
    .input(idInput)
    .output(complex)
    .query(({ ctx, input }) => getComplex(ctx, input)),
  create: companyProcedure
    .meta({
      access: ACCESS.own,
      rest: { method: 'POST', path: '/property/complexes' },
      summary: 'Add a complex to the company',
    })
    .input(createComplexInput)
    .output(complex)
    .mutation(({ ctx, input }) => createComplex(ctx, input)),
  update: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'PATCH', path: '/property/complexes/{id}' },
      summary: 'Change a complex, if nobody else has since `version`',
    })
    .input(updateComplexInput)
    .output(complex)
    .mutation(({ ctx, input }) => updateComplex(ctx, input)),
  remove: companyProcedure
    .meta({
      access: ACCESS.own,
      rest: { method: 'DELETE', path: '/property/complexes/{id}' },
      summary: 'Remove a complex, with `cascade` everything in it too; it can be restored',
    })
    .input(removalInput)
    .output(done)
    .mutation(({ ctx, input }) => removeComplex(ctx, input)),
  restore: companyProcedure
    .meta({
      access: ACCESS.own,
      rest: { method: 'POST', path: '/property/complexes/{id}/restore' },
      summary: 'Bring a removed complex back',
    })
    .input(idInput)
    .output(complex)
    .mutation(({ ctx, input }) => restoreComplex(ctx, input)),
})
