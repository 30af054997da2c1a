import {
  importDetail,
  importInput,
  importPage,
  importRowPage,
  importUnitsInput,
  listImportRowsInput,
  listImportsInput,
  mapImportInput,
  unitUpsert,
} from '@servai/contract/imports'
import { idInput } from '@servai/contract/fields'
import { companyProcedure, router } from '../../trpc.ts'
import { ACCESS } from '../policy.ts'
import { cancelImport, getImport, listImportRows, listImports, mapImport, startImport, undoImport } from './service.ts'
import { importUnits } from './unit-batch.ts'

/** Files come by `POST /property/imports`, outside of tRPC. */
export const importsRouter = router({
  list: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'GET', path: '/property/imports' },
      summary: 'Imports, the newest first; a director sees those of everybody',
    })
    .input(listImportsInput)
    .output(importPage)
    .query(({ ctx, input }) => listImports(ctx, input)),
  get: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'GET', path: '/property/imports/{id}' },
      summary: 'One import: how far it is, what its columns were taken for, what its rows would do or did',
    })
    .input(idInput)
    .output(importDetail)
    .query(({ ctx, input }) => getImport(ctx, input)),
  rows: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'GET', path: '/property/imports/{id}/rows' },
      summary: 'Rows of the file in its order, with what is wrong with them and what they change',
    })
    .input(listImportRowsInput)
    .output(importRowPage)
    .query(({ ctx, input }) => listImportRows(ctx, input)),
  map: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'PUT', path: '/property/imports/{id}/mapping' },
      summary: 'Say what the columns mean; the rows are read again, and files with the same headers are read so',
    })
    .input(mapImportInput)
    .output(importDetail)
    .mutation(({ ctx, input }) => mapImport(ctx, input)),
  start: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'POST', path: '/property/imports/{id}/start' },
      summary: 'Apply the rows that are good',
    })
    .input(importInput)
    .output(importDetail)
    .mutation(({ ctx, input }) => startImport(ctx, input)),
  cancel: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'POST', path: '/property/imports/{id}/cancel' },
      summary: 'End an import; nothing of it stays',
    })
    .input(importInput)
    .output(importDetail)
    .mutation(({ ctx, input }) => cancelImport(ctx, input)),
  undo: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'POST', path: '/property/imports/{id}/undo' },
      summary: 'Take back everything an import did, unless something newer has touched it',
    })
    .input(importInput)
    .output(importDetail)
    .mutation(({ ctx, input }) => undoImport(ctx, input)),
  units: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'POST', path: '/property/complexes/{complexId}/units/batch' },
      summary: 'Create or change up to 500 units by building, entrance and number',
    })
    .input(importUnitsInput)
    .output(unitUpsert)
    .mutation(({ ctx, input }) => importUnits(ctx, input)),
})
