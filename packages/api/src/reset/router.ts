import { done } from '@servai/contract/fields'
import { requestResetInput, resetInput, validateResetInput, validateResetOutput } from '@servai/contract/reset'
import { publicProcedure, router } from '../trpc.ts'
import { isResetTokenLive, requestReset, resetPassword } from './service.ts'

const ok = { ok: true } as const

export const resetRouter = router({
  request: publicProcedure
    .meta({
      rest: { method: 'POST', path: '/password-reset/request' },
      summary: 'Ask for a reset link; the answer is the same for every address',
      alone: true,
    })
    .input(requestResetInput)
    .output(done)
    .mutation(({ ctx, input }) => requestReset(ctx, input.email).then(() => ok)),

  // A mutation, because the input of a query would put the token into the URL.
  validate: publicProcedure
    .meta({
      rest: { method: 'POST', path: '/password-reset/validate' },
      summary: 'Can this token still be used',
      alone: true,
    })
    .input(validateResetInput)
    .output(validateResetOutput)
    .mutation(async ({ ctx, input }) => ({ valid: await isResetTokenLive(ctx, input.token) })),

  reset: publicProcedure
    .meta({
      rest: { method: 'POST', path: '/password-reset/reset' },
      summary: 'Choose a new password; all sessions end',
      alone: true,
    })
    .input(resetInput)
    .output(done)
    .mutation(({ ctx, input }) => resetPassword(ctx, input).then(() => ok)),
})
