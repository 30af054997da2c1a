import { nothing } from '@servai/contract/auth'
import { done } from '@servai/contract/fields'
import { accountExport, accountExportList, eraseAccountInput } from '@servai/contract/personal-data'
import { router, sessionProcedure } from '../../trpc.ts'
import { eraseAccount } from '../erasure/service.ts'
import { listAccountExports, requestAccountExport } from './service.ts'

export const personalDataRouter = router({
  exports: sessionProcedure
    .meta({
      rest: { method: 'GET', path: '/auth/personal-data/exports' },
      summary: 'Copies of everything the account has, made or being made',
    })
    .input(nothing)
    .output(accountExportList)
    .query(({ ctx }) => listAccountExports(ctx, ctx.principal)),

  request: sessionProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/personal-data/exports' },
      summary: 'Have a copy made of everything the account has; a message tells when it is there',
      alone: true,
      fresh: true,
    })
    .input(nothing)
    .output(accountExport)
    .mutation(({ ctx }) => requestAccountExport(ctx, ctx.principal)),

  erase: sessionProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/personal-data/erase' },
      summary: 'Erase the account for good; what companies know of the person stays with them',
      alone: true,
      fresh: true,
    })
    .input(eraseAccountInput)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await eraseAccount(ctx, ctx.principal, input.confirmation)
      ctx.refreshCookie.clear()
      return { ok: true as const }
    }),
})
