import { done, idInput } from '@servai/contract/fields'
import {
  impersonationPage,
  listImpersonationsInput,
  startedImpersonation,
  startImpersonationInput,
} from '@servai/contract/impersonations'
import { platformProcedure, router } from '../../trpc.ts'
import { endImpersonation, listImpersonations, startImpersonation } from './service.ts'

const access = ['platform_admin'] as const
const ok = { ok: true } as const

export const impersonationsRouter = router({
  list: platformProcedure
    .meta({
      access,
      rest: { method: 'GET', path: '/accounts/impersonations' },
      summary: 'Who of the platform acted as whom, when and why',
      oneself: true,
    })
    .input(listImpersonationsInput)
    .output(impersonationPage)
    .query(({ ctx, input }) => listImpersonations(ctx, input)),
  start: platformProcedure
    .meta({
      access,
      rest: { method: 'POST', path: '/accounts/{id}/impersonations' },
      summary: 'See servAI as this account for up to half an hour, reading unless asked otherwise',
      fresh: true,
    })
    .input(startImpersonationInput)
    .output(startedImpersonation)
    .mutation(({ ctx, input }) => startImpersonation(ctx, input)),
  end: platformProcedure
    .meta({
      access,
      rest: { method: 'DELETE', path: '/accounts/impersonations/{id}' },
      summary: 'End an impersonation',
      oneself: true,
    })
    .input(idInput)
    .output(done)
    .mutation(({ ctx, input }) => endImpersonation(ctx, input).then(() => ok)),
})
