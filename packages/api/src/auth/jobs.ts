import { passwordChanged, registrationAttempt, sessionEnded } from '@servai/email/messages'
import type { JobHandler } from '../jobs.ts'
import { mailAccount } from '../mail-job.ts'

export const mailPasswordChanged: JobHandler<'auth.password_changed'> = (ctx, { userId }) =>
  mailAccount(ctx, userId, (context) => passwordChanged({ ...context, changedAt: ctx.emittedAt }))

export const mailSessionEnded: JobHandler<'auth.refresh_reused'> = (ctx, { userId }) =>
  mailAccount(ctx, userId, (context) => sessionEnded({ ...context, endedAt: ctx.emittedAt }))

export const mailRegistrationAttempt: JobHandler<'auth.registration_attempted'> = (ctx, { userId }) =>
  mailAccount(ctx, userId, registrationAttempt)
