import { nothing } from '@servai/contract/auth'
import {
  accountReasonInput,
  accountSecurity,
  factorResetPage,
  factorResetToken,
  listFactorResetsInput,
  ownFactorReset as ownFactorResetOutput,
} from '@servai/contract/accounts'
import { done, idInput } from '@servai/contract/fields'
import { accountProcedure, accountsProcedure, publicProcedure, router } from '../../trpc.ts'
import { ACCOUNTS_ACCESS } from '../policy.ts'
import { getAccount } from '../service.ts'
import {
  approveFactorReset,
  cancelFactorReset,
  listFactorResets,
  ownFactorReset,
  refuseByToken,
  refuseOwn,
  requestFactorReset,
} from './service.ts'

const access = ACCOUNTS_ACCESS
const ok = { ok: true } as const

export const factorResetsRouter = router({
  list: accountsProcedure
    .meta({
      access,
      rest: { method: 'GET', path: '/accounts/factor-resets' },
      summary: 'Requests to remove a second factor that wait for a second person',
      oneself: true,
    })
    .input(listFactorResetsInput)
    .output(factorResetPage)
    .query(({ ctx, input }) => listFactorResets(ctx, input)),
  request: accountsProcedure
    .meta({
      access,
      rest: { method: 'POST', path: '/accounts/{id}/factor-resets' },
      summary: 'Ask that the second factor be taken off an account; somebody else has to approve within a day',
      fresh: true,
      whileBlocked: true,
    })
    .input(accountReasonInput)
    .output(accountSecurity)
    .mutation(({ ctx, input }) => requestFactorReset(ctx, input).then(() => getAccount(ctx, input))),
  approve: accountsProcedure
    .meta({
      access,
      rest: { method: 'POST', path: '/accounts/factor-resets/{id}/approve' },
      summary: 'Take the second factor off the account; never for a request of one’s own',
      fresh: true,
      whileBlocked: true,
    })
    .input(idInput)
    .output(done)
    .mutation(({ ctx, input }) => approveFactorReset(ctx, input).then(() => ok)),
  cancel: accountsProcedure
    .meta({
      access,
      rest: { method: 'POST', path: '/accounts/factor-resets/{id}/cancel' },
      summary: 'Withdraw or decline a request',
      oneself: true,
      whileBlocked: true,
    })
    .input(idInput)
    .output(done)
    .mutation(({ ctx, input }) => cancelFactorReset(ctx, input).then(() => ok)),
  refuse: publicProcedure
    .meta({
      rest: { method: 'POST', path: '/accounts/factor-resets/refuse' },
      summary: 'Keep the second factor: the owner of the account refuses by the link of the message',
      alone: true,
    })
    .input(factorResetToken)
    .output(done)
    .mutation(({ ctx, input }) => refuseByToken(ctx, input.token).then(() => ok)),
  own: accountProcedure
    .meta({
      rest: { method: 'GET', path: '/auth/factor-reset' },
      summary: 'Whether somebody asks that the second factor of the own account be removed',
    })
    .input(nothing)
    .output(ownFactorResetOutput)
    .query(({ ctx }) => ownFactorReset(ctx, ctx.principal)),
  refuseOwn: accountProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/factor-reset/refuse' },
      summary: 'Keep the second factor of the own account',
    })
    .input(nothing)
    .output(done)
    .mutation(({ ctx }) => refuseOwn(ctx, ctx.principal).then(() => ok)),
})
