import { nothing } from '@servai/contract/auth'
import { platformLimits } from '@servai/contract/platform-limits'
import { platformProcedure, router } from '../trpc.ts'
import { OPERATOR_ACCESS } from './policy.ts'
import { readLimits } from './service.ts'

export const platformRouter = router({
  limits: platformProcedure
    .meta({
      access: OPERATOR_ACCESS,
      rest: { method: 'GET', path: '/platform/limits' },
      summary: 'The rules in force, and how often each has turned somebody away since this server started',
    })
    .input(nothing)
    .output(platformLimits)
    .query(({ ctx }) => readLimits(ctx)),
})
