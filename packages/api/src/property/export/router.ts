import { createExportInput, exported, exportList } from '@servai/contract/exports'
import { idInput } from '@servai/contract/fields'
import { companyProcedure, router } from '../../trpc.ts'
import { EXPORT_ACCESS } from './policy.ts'
import { cancelExport, createExport, getExport, listExports } from './service.ts'

export const exportsRouter = router({
  list: companyProcedure
    .meta({
      access: EXPORT_ACCESS.registry,
      rest: { method: 'GET', path: '/property/exports' },
      summary: "The caller's own exports of the last day",
    })
    .output(exportList)
    .query(({ ctx }) => listExports(ctx)),
  get: companyProcedure
    .meta({
      access: EXPORT_ACCESS.registry,
      rest: { method: 'GET', path: '/property/exports/{id}' },
      summary: 'How far an export is',
    })
    .input(idInput)
    .output(exported)
    .query(({ ctx, input }) => getExport(ctx, input)),
  create: companyProcedure
    .meta({
      access: EXPORT_ACCESS.registry,
      rest: { method: 'POST', path: '/property/exports' },
      summary: 'Have a list of any length written to a file, which is kept for a day',
      whileBlocked: true,
    })
    .input(createExportInput)
    .output(exported)
    .mutation(({ ctx, input }) => createExport(ctx, input)),
  cancel: companyProcedure
    .meta({
      access: EXPORT_ACCESS.registry,
      rest: { method: 'POST', path: '/property/exports/{id}/cancel' },
      summary: 'Stop an export that waits or is under way',
      whileBlocked: true,
    })
    .input(idInput)
    .output(exported)
    .mutation(({ ctx, input }) => cancelExport(ctx, input)),
})
