import {
  account,
  changePasswordInput,
  changePasswordOutput,
  loginInput,
  loginOutput,
  logoutInput,
  noticeList,
  nothing,
  refreshInput,
  refreshOutput,
  registerInput,
  revokeOtherSessionsOutput,
  revokeSessionInput,
  sessionList,
  signedIn,
  stepUpInput,
  updateProfileInput,
} from '@servai/contract/auth'
import { completeSignInInput } from '@servai/contract/factors'
import { done } from '@servai/contract/fields'
import type { z } from 'zod'
import type { RequestContext } from '../context.ts'
import { deliver, keepDevice } from '../delivery.ts'
import { DomainError } from '../errors.ts'
import { accountProcedure, publicProcedure, router, sessionProcedure } from '../trpc.ts'
import { redeemChallenge } from './challenges/service.ts'
import { factorsRouter } from './factors/router.ts'
import { emailChangeRouter } from './email-change/router.ts'
import { passkeysRouter } from './passkeys/router.ts'
import { personalDataRouter } from './personal-data/router.ts'
import { listNotices, readNotices } from './notices/service.ts'
import { refresh } from './refresh/service.ts'
import { changePassword, login, presentAccount, presentSignIn, register, updateProfile } from './service.ts'
import { listSessions, logout, logoutAll, revokeOtherSessions, revokeSession } from './sessions/service.ts'
import { stepUp } from './step-up/service.ts'

const ok = { ok: true } as const

const signIn = async (ctx: RequestContext, input: z.output<typeof loginInput>) => {
  const { device, ...answer } = await login(ctx, input, ctx.deviceCookie.read())
  keepDevice(ctx, device)
  return 'challenge' in answer ? answer : deliver(ctx, answer)
}

const completeSignIn = async (ctx: RequestContext, input: z.output<typeof completeSignInInput>) => {
  const opened = await redeemChallenge(ctx, input, ctx.deviceCookie.read())
  const { device, ...answer } = await presentSignIn(ctx, opened)
  keepDevice(ctx, device)
  return deliver(ctx, answer)
}

const renew = async (ctx: RequestContext, inBody: string | undefined) => {
  const token = inBody ?? ctx.refreshCookie.read()
  if (token === null) throw new DomainError('unauthenticated', 'auth.refresh_invalid')
  try {
    return deliver(ctx, await refresh(ctx, token, inBody === undefined ? 'cookie' : 'body'))
  } catch (error) {
    if (inBody === undefined && error instanceof DomainError && error.code === 'unauthenticated')
      ctx.refreshCookie.clear()
    throw error
  }
}

const leave = async (ctx: RequestContext, inBody: string | undefined) => {
  const { accessTokens } = ctx.services
  const claims = ctx.accessToken === null ? null : await accessTokens.verify(ctx.accessToken)
  await logout(ctx, { claims, refreshToken: inBody ?? ctx.refreshCookie.read() })
  ctx.refreshCookie.clear()
}

export const authRouter = router({
  emailChange: emailChangeRouter,
  personalData: personalDataRouter,

  register: publicProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/register' },
      summary: 'Register; the answer is the same for an address that has an account already',
      alone: true,
    })
    .input(registerInput)
    .output(done)
    .mutation(({ ctx, input }) => register(ctx, input).then(() => ok)),

  login: publicProcedure
    .meta({ rest: { method: 'POST', path: '/auth/login' }, summary: 'Sign in', alone: true })
    .input(loginInput)
    .output(loginOutput)
    .mutation(({ ctx, input }) => signIn(ctx, input)),

  completeSignIn: publicProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/complete-sign-in' },
      summary: 'Prove the second factor of a sign-in that has begun',
      alone: true,
    })
    .input(completeSignInInput)
    .output(signedIn)
    .mutation(({ ctx, input }) => completeSignIn(ctx, input)),

  stepUp: sessionProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/step-up' },
      summary: 'Prove once more who you are, for what asks for a sign-in of the last 15 minutes',
      alone: true,
    })
    .input(stepUpInput)
    .output(done)
    .mutation(({ ctx, input }) => stepUp(ctx, ctx.principal, input, ctx.deviceCookie.read()).then(() => ok)),

  factors: factorsRouter,
  passkeys: passkeysRouter,

  refresh: publicProcedure
    .meta({ rest: { method: 'POST', path: '/auth/refresh' }, summary: 'Exchange the refresh token', alone: true })
    .input(refreshInput)
    .output(refreshOutput)
    .mutation(({ ctx, input }) => renew(ctx, input?.refreshToken)),

  logout: publicProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/logout' },
      summary: 'End the session of the tokens sent; also when they have expired',
      alone: true,
    })
    .input(logoutInput)
    .output(done)
    .mutation(({ ctx, input }) => leave(ctx, input?.refreshToken).then(() => ok)),

  logoutAll: sessionProcedure
    .meta({ rest: { method: 'POST', path: '/auth/logout-all' }, summary: 'End every session, this one too' })
    .input(nothing)
    .output(done)
    .mutation(async ({ ctx }) => {
      await logoutAll(ctx, ctx.principal)
      ctx.refreshCookie.clear()
      return ok
    }),

  me: sessionProcedure
    .meta({
      rest: { method: 'GET', path: '/auth/me' },
      summary: 'The account, and what it may act as',
      anyBearer: true,
    })
    .input(nothing)
    .output(account)
    .query(({ ctx }) => presentAccount(ctx.principal)),

  updateProfile: accountProcedure
    .meta({ rest: { method: 'PATCH', path: '/auth/me' }, summary: 'Change name or language' })
    .input(updateProfileInput)
    .output(account)
    .mutation(({ ctx, input }) => updateProfile(ctx, ctx.principal, input)),

  changePassword: accountProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/change-password' },
      summary: 'Change the password; all other sessions end',
      alone: true,
    })
    .input(changePasswordInput)
    .output(changePasswordOutput)
    .mutation(({ ctx, input }) => changePassword(ctx, ctx.principal, input, ctx.deviceCookie.read())),

  sessions: sessionProcedure
    .meta({ rest: { method: 'GET', path: '/auth/sessions' }, summary: 'The devices that are signed in' })
    .input(nothing)
    .output(sessionList)
    .query(({ ctx }) => listSessions(ctx, ctx.principal)),

  revokeSession: sessionProcedure
    .meta({ rest: { method: 'DELETE', path: '/auth/sessions/{id}' }, summary: 'Sign another device out', fresh: true })
    .input(revokeSessionInput)
    .output(done)
    .mutation(({ ctx, input }) => revokeSession(ctx, ctx.principal, input.id).then(() => ok)),

  notices: sessionProcedure
    .meta({
      rest: { method: 'GET', path: '/auth/notices' },
      summary: 'What the owner of the account has yet to be told',
    })
    .input(nothing)
    .output(noticeList)
    .query(({ ctx }) => listNotices(ctx, ctx.principal)),

  readNotices: sessionProcedure
    .meta({ rest: { method: 'POST', path: '/auth/notices/read' }, summary: 'Say that the notices have been read' })
    .input(nothing)
    .output(done)
    .mutation(({ ctx }) => readNotices(ctx, ctx.principal).then(() => ok)),

  revokeOtherSessions: sessionProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/sessions/revoke-others' },
      summary: 'Sign all other devices out',
      fresh: true,
    })
    .input(nothing)
    .output(revokeOtherSessionsOutput)
    .mutation(async ({ ctx }) => ({ ended: await revokeOtherSessions(ctx, ctx.principal) })),
})
