import { nothing } from '@servai/contract/auth'
import {
  confirmEmailChangeOutput,
  emailChangeStatus,
  emailChangeTokenInput,
  inspectEmailChangeOutput,
  startEmailChangeInput,
} from '@servai/contract/email-change'
import { done } from '@servai/contract/fields'
import type { RequestContext } from '../../context.ts'
import { accountProcedure, publicProcedure, router, sessionProcedure } from '../../trpc.ts'
import {
  cancelEmailChange,
  confirmEmailChange,
  declineEmailChange,
  inspectEmailChange,
  readEmailChange,
  startEmailChange,
} from './service.ts'

const ok = { ok: true } as const

const confirm = async (ctx: RequestContext, token: string) => {
  const { accessToken, deviceCookie } = ctx
  const { status, device } = await confirmEmailChange(ctx, token, { accessToken, deviceToken: deviceCookie.read() })
  if (device) deviceCookie.write(device.token, device.maxAgeSeconds)
  return { status }
}

export const emailChangeRouter = router({
  start: accountProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/email-change' },
      summary: 'Ask for another address; it changes once both mailboxes have agreed',
      alone: true,
      fresh: true,
    })
    .input(startEmailChangeInput)
    .output(done)
    .mutation(({ ctx, input }) => startEmailChange(ctx, ctx.principal, input.newEmail).then(() => ok)),

  status: sessionProcedure
    .meta({ rest: { method: 'GET', path: '/auth/email-change' }, summary: 'The change that waits, if there is one' })
    .input(nothing)
    .output(emailChangeStatus)
    .query(({ ctx }) => readEmailChange(ctx, ctx.principal)),

  cancel: sessionProcedure
    .meta({ rest: { method: 'DELETE', path: '/auth/email-change' }, summary: 'Keep the address; its links die' })
    .input(nothing)
    .output(done)
    .mutation(({ ctx }) => cancelEmailChange(ctx, ctx.principal).then(() => ok)),

  // A mutation, because the input of a query would put the token into the URL.
  inspect: publicProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/email-change/inspect' },
      summary: 'What the link of a message is for; nothing happens yet',
      alone: true,
    })
    .input(emailChangeTokenInput)
    .output(inspectEmailChangeOutput)
    .mutation(({ ctx, input }) => inspectEmailChange(ctx, input.token)),

  confirm: publicProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/email-change/confirm' },
      summary: 'Agree as one of the two mailboxes; all other sessions end once both have',
      alone: true,
    })
    .input(emailChangeTokenInput)
    .output(confirmEmailChangeOutput)
    .mutation(({ ctx, input }) => confirm(ctx, input.token)),

  decline: publicProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/email-change/decline' },
      summary: 'Refuse, from the mailbox the account has; nothing changes',
      alone: true,
    })
    .input(emailChangeTokenInput)
    .output(done)
    .mutation(({ ctx, input }) => declineEmailChange(ctx, input.token).then(() => ok)),
})
