import { newDevice } from '@servai/email/account-messages'
import { passwordChanged, passwordLocked, registrationAttempt, sessionEnded } from '@servai/email/messages'
import { loadSignIn } from '@servai/db/recipient'
import { deviceOf } from '../client-traits.ts'
import type { JobHandler } from '../jobs.ts'
import { mailAccount } from '../mail-job.ts'

export const mailPasswordChanged: JobHandler<'auth.password_changed'> = (ctx, { userId }) =>
  mailAccount(ctx, userId, (context) => passwordChanged({ ...context, changedAt: ctx.emittedAt }))

export const mailSessionEnded: JobHandler<'auth.refresh_reused'> = (ctx, { userId }) =>
  mailAccount(ctx, userId, (context) => sessionEnded({ ...context, endedAt: ctx.emittedAt }))

export const mailPasswordLocked: JobHandler<'auth.password_locked'> = (ctx, { userId }) =>
  mailAccount(ctx, userId, (context) => passwordLocked({ ...context, lockedAt: ctx.emittedAt }))

export const mailRegistrationAttempt: JobHandler<'auth.registration_attempted'> = (ctx, { userId }) =>
  mailAccount(ctx, userId, registrationAttempt)

export const mailNewDevice: JobHandler<'auth.new_device'> = async (ctx, { userId, sessionId }) => {
  const signIn = await loadSignIn(ctx.database, sessionId)
  if (!signIn) return 'skipped'
  const { userAgent, network } = signIn
  return mailAccount(ctx, userId, (context) =>
    newDevice({ ...context, device: deviceOf(userAgent), network, signedInAt: ctx.emittedAt }),
  )
}
