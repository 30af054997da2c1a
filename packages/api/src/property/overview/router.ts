import { overview } from '@servai/contract/property'
import { z } from 'zod'
import { companyProcedure, router } from '../../trpc.ts'
import { ACCESS } from '../policy.ts'
import { getOverview } from './service.ts'

export const overviewRouter = router({
  get: companyProcedure
    .meta({
      access: ACCESS.overview,
      rest: { method: 'GET', path: '/property/overview' },
      summary: 'How much there is in the complexes the caller looks after',
    })
    .input(z.strictObject({}).optional())
    .output(overview)
    .query(({ ctx }) => getOverview(ctx)),
})
