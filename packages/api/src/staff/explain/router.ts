import { explainInput, explanation } from '@servai/contract/staff'
import { companyProcedure } from '../../trpc.ts'
import { PROFILE_ACCESS } from '../policy.ts'
import { explainAccess } from './service.ts'

export const explainProcedure = companyProcedure
  .meta({
    access: PROFILE_ACCESS,
    rest: { method: 'GET', path: '/staff/access' },
    summary: 'Why somebody can see a company, a complex or a unit, or why not, and what they may do there',
  })
  .input(explainInput)
  .output(explanation)
  .query(({ ctx, input }) => explainAccess(ctx, input))
