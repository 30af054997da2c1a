import { nothing } from '@servai/contract/auth'
import {
  confirmTotpInput,
  confirmTotpOutput,
  factors,
  factorsChanged,
  newRecoveryCodes,
  removeTrustedDeviceInput,
  startTotpOutput,
} from '@servai/contract/factors'
import { done } from '@servai/contract/fields'
import { accountProcedure, router } from '../../trpc.ts'
import { regenerateRecoveryCodes } from '../recovery-codes/service.ts'
import { confirmTotp, removeTotp, startTotp } from '../totp/service.ts'
import { removeTrustedDevice } from '../trusted-devices/service.ts'
import { listFactors } from './service.ts'

const ok = { ok: true } as const

export const factorsRouter = router({
  list: accountProcedure
    .meta({ rest: { method: 'GET', path: '/auth/factors' }, summary: 'The second factors that are set up' })
    .input(nothing)
    .output(factors)
    .query(({ ctx }) => listFactors(ctx, ctx.principal)),

  startTotp: accountProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/factors/totp/start' },
      summary: 'A new secret for an authenticator app; it counts for nothing before it is confirmed',
      fresh: true,
      alone: true,
    })
    .input(nothing)
    .output(startTotpOutput)
    .mutation(({ ctx }) => startTotp(ctx, ctx.principal)),

  confirmTotp: accountProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/factors/totp/confirm' },
      summary: 'Take the app into use with a code of it; all other sessions end',
      fresh: true,
      alone: true,
    })
    .input(confirmTotpInput)
    .output(confirmTotpOutput)
    .mutation(({ ctx, input }) => confirmTotp(ctx, ctx.principal, input.code)),

  removeTotp: accountProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/factors/totp/remove' },
      summary: 'Take the app out of use; all other sessions end',
      fresh: true,
      alone: true,
    })
    .input(nothing)
    .output(factorsChanged)
    .mutation(({ ctx }) => removeTotp(ctx, ctx.principal)),

  regenerateRecoveryCodes: accountProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/factors/recovery-codes' },
      summary: 'Ten new recovery codes in place of those before',
      fresh: true,
      alone: true,
    })
    .input(nothing)
    .output(newRecoveryCodes)
    .mutation(({ ctx }) => regenerateRecoveryCodes(ctx, ctx.principal).then((recoveryCodes) => ({ recoveryCodes }))),

  removeTrustedDevice: accountProcedure
    .meta({
      rest: { method: 'DELETE', path: '/auth/factors/trusted-devices/{id}' },
      summary: 'Ask this browser for a second factor again',
    })
    .input(removeTrustedDeviceInput)
    .output(done)
    .mutation(({ ctx, input }) => removeTrustedDevice(ctx, ctx.principal, input.id).then(() => ok)),
})
