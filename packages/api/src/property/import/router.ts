import { importUnitsInput, unitUpsert } from '@servai/contract/property'
import { companyProcedure, router } from '../../trpc.ts'
import { ACCESS } from '../policy.ts'
import { importUnits } from './service.ts'

/** Files come by `POST /property/complexes/{id}/units/import`, outside of tRPC; this is for programs that have rows. */
export const importsRouter = router({
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
