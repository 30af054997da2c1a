import { nothing } from '@servai/contract/auth'
import { done } from '@servai/contract/fields'
import { verificationStatus, verifyInput, verifyOutput } from '@servai/contract/verification'
import { publicProcedure, router, sessionProcedure } from '../trpc.ts'
import { resendVerification, verify } from './service.ts'

export const verificationRouter = router({
  verify: publicProcedure
    .meta({
      rest: { method: 'POST', path: '/email-verification/verify' },
      summary: 'Prove an e-mail address with the token of its message',
      alone: true,
    })
    .input(verifyInput)
    .output(verifyOutput)
    .mutation(async ({ ctx, input }) => ({ status: await verify(ctx, input.token, ctx.accessToken) })),

  resend: sessionProcedure
    .meta({
      rest: { method: 'POST', path: '/email-verification/resend' },
      summary: 'Send the verification message again',
      alone: true,
    })
    .input(nothing)
    .output(done)
    .mutation(({ ctx }) => resendVerification(ctx, ctx.principal).then(() => ({ ok: true }) as const)),

  status: sessionProcedure
    .meta({ rest: { method: 'GET', path: '/email-verification/status' }, summary: 'Is the address proven' })
    .input(nothing)
    .output(verificationStatus)
    .query(({ ctx }) => ({ verified: ctx.principal.emailVerified })),
})
