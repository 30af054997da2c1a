import type { KeyRing } from '@servai/auth/key-ring'
import type { Database } from '@servai/db'
import type { Principal } from '@servai/db/principal'
import type { Message, MessageContext } from '@servai/email/messages'
import type { PrincipalCache } from '@servai/redis/principal-cache'
import type { Logger } from '@servai/telemetry/log'
import type { Metrics } from '@servai/telemetry/metrics'
import {
  mailNewDevice,
  mailPasswordChanged,
  mailPasswordLocked,
  mailRegistrationAttempt,
  mailSessionEnded,
} from './auth/jobs.ts'
import { mailKeyCreated, mailKeyExpiring } from './api-keys/jobs.ts'
import { mailFactorsChanged, mailRecoveryCodeUsed, mailSecondFactorLocked } from './auth/factors/jobs.ts'
import { mailPasskeyRefused } from './auth/assertions/jobs.ts'
import {
  mailEmailChangeCollision,
  mailEmailChanged,
  mailEmailChangeNew,
  mailEmailChangeOld,
} from './auth/email-change/jobs.ts'
import { mailAccountErased } from './auth/erasure/jobs.ts'
import { runAccountExport } from './auth/personal-data/jobs.ts'
import type { Events, Topic } from './events.ts'
import { mailDecision } from './property/claims/jobs.ts'
import { readMapped, readUploaded, runStarted, takeBack } from './property/import/jobs.ts'
import { mailInvite } from './property/invites/jobs.ts'
import { runExport } from './property/export/jobs.ts'
import { mailPasswordReset } from './reset/jobs.ts'
import { mailAccountDisabled, mailAccountEnabled, mailSessionsEnded } from './accounts/jobs.ts'
import { mailFactorResetApproval, mailFactorResetRequested } from './accounts/factor-resets/jobs.ts'
import { mailImpersonationEnded, mailImpersonationExpired } from './accounts/impersonations/jobs.ts'
import { mailStaffInvite } from './staff/invites/jobs.ts'
import { mailVerification, mailWelcome } from './verification/jobs.ts'

export type JobCtx = {
  database: Database
  tokenKeys: KeyRing
  mail: {
    /** APP_URL and the sender's name, for whoever composes a message. */
    sender: Pick<MessageContext, 'appUrl' | 'senderName'>
    /**
     * Hands one message to the transport. The row of the outbox is its idempotency key: one message per job.
     * @throws MailRejectedError when another try cannot help
     */
    send(to: string, message: Message): Promise<void>
  }
  /** To forget what somebody's rights were, before the commit that changes them. */
  principals: Pick<PrincipalCache<Principal>, 'suspend'>
  metrics: Metrics
  log: Logger
  now: () => Date
  /** When the event was emitted. */
  emittedAt: Date
}

/** `skipped`: by now there is nothing left to do. */
export type JobOutcome = 'done' | 'skipped'

/** Runs at least once per event, maybe again after a crash: its effect must be idempotent. */
export type JobHandler<T extends Topic> = (ctx: JobCtx, payload: Events[T]) => Promise<JobOutcome>

export type Job<T extends Topic = Topic> = { handle: JobHandler<T>; timeoutMs: number }

const MAIL_TIMEOUT_MS = 30_000
const mailJob = <T extends Topic>(handle: JobHandler<T>): Job<T> => ({ handle, timeoutMs: MAIL_TIMEOUT_MS })

/** Fifty thousand rows, behind another import of the same complex, on a slow machine. */
const IMPORT_TIMEOUT_MS = 180_000

/** A million rows on a slow machine; a crash is noticed as late. */
const EXPORT_TIMEOUT_MS = 180_000

/** What the worker does about each event. */
export const JOBS: { [T in Topic]: Job<T> } = {
  'auth.verification_requested': mailJob(mailVerification),
  'auth.email_verified': mailJob(mailWelcome),
  'auth.reset_requested': mailJob(mailPasswordReset),
  'auth.password_changed': mailJob(mailPasswordChanged),
  'auth.refresh_reused': mailJob(mailSessionEnded),
  'auth.factors_changed': mailJob(mailFactorsChanged),
  'auth.recovery_code_used': mailJob(mailRecoveryCodeUsed),
  'auth.password_locked': mailJob(mailPasswordLocked),
  'auth.second_factor_locked': mailJob(mailSecondFactorLocked),
  'auth.passkey_suspected': mailJob(mailPasskeyRefused),
  'auth.new_device': mailJob(mailNewDevice),
  'auth.registration_attempted': mailJob(mailRegistrationAttempt),
  'api_keys.created': mailJob(mailKeyCreated),
  'api_keys.expiring': mailJob(mailKeyExpiring),
  'auth.email_change_asked': mailJob(mailEmailChangeOld),
  'auth.new_email_asked': mailJob(mailEmailChangeNew),
  'auth.email_change_collided': mailJob(mailEmailChangeCollision),
  'auth.email_changed': mailJob(mailEmailChanged),
  'accounts.disabled': mailJob(mailAccountDisabled),
  'accounts.enabled': mailJob(mailAccountEnabled),
  'accounts.sessions_ended': mailJob(mailSessionsEnded),
  'accounts.factor_reset_requested': mailJob(mailFactorResetRequested),
  'accounts.factor_reset_approval_asked': mailJob(mailFactorResetApproval),
  'accounts.impersonation_ended': mailJob(mailImpersonationEnded),
  'accounts.impersonation_expired': mailJob(mailImpersonationExpired),
  'account.export_requested': { handle: runAccountExport, timeoutMs: EXPORT_TIMEOUT_MS },
  'account.erased': mailJob(mailAccountErased),
  'staff.invited': mailJob(mailStaffInvite),
  'exports.requested': { handle: runExport, timeoutMs: EXPORT_TIMEOUT_MS },
  'invites.mail_requested': mailJob(mailInvite),
  'claims.decided': mailJob(mailDecision),
  'imports.uploaded': { handle: readUploaded, timeoutMs: IMPORT_TIMEOUT_MS },
  'imports.mapped': { handle: readMapped, timeoutMs: IMPORT_TIMEOUT_MS },
  'imports.started': { handle: runStarted, timeoutMs: IMPORT_TIMEOUT_MS },
  'imports.undo_requested': { handle: takeBack, timeoutMs: IMPORT_TIMEOUT_MS },
}

/** The job of a topic; undefined for one that only a newer release knows. */
export const jobOf = (topic: string): Job | undefined =>
  // A row of this topic was written by `emit`, so its payload is the one the handler takes.
  Object.hasOwn(JOBS, topic) ? (JOBS[topic as Topic] as Job) : undefined
