import type { FactorChange } from '@servai/contract/factors'
import type { CompanyDb, Scope, SystemDb } from '@servai/db'
import { outbox } from '@servai/db/schema/outbox'

/** By what an account asks for something that the worker does; left out by events of earlier releases. */
export type Asker = Partial<Pick<Scope, 'sessionId' | 'apiKeyId' | 'impersonatorId'>>

/** An import, and who asks for it: the worker acts with their rights. */
export type ImportEvent = { importId: string; companyId: string; userId: string; requestId: string } & Asker

/** Something that was done with an account; `companyId` is that of the director who did it, NULL for the platform. */
export type AccountAct = { userId: string; companyId: string | null }

/** Every side effect that follows a change, with its payload: ids only, never a name, an address or a token. */
export type Events = {
  'auth.verification_requested': { userId: string; tokenId: string }
  'auth.registration_attempted': { userId: string }
  'auth.email_verified': { userId: string }
  'auth.reset_requested': { userId: string; tokenId: string }
  'auth.password_changed': { userId: string }
  'auth.refresh_reused': { userId: string }
  'auth.new_device': { userId: string; sessionId: string }
  'auth.factors_changed': { userId: string; change: FactorChange }
  'auth.recovery_code_used': { userId: string }
  'auth.password_locked': { userId: string }
  'auth.second_factor_locked': { userId: string }
  'auth.passkey_suspected': { userId: string }
  'auth.email_change_asked': { userId: string; tokenId: string }
  'auth.new_email_asked': { userId: string; tokenId: string }
  'auth.email_change_collided': { userId: string }
  'auth.email_changed': { userId: string; changeId: string }
  'accounts.disabled': AccountAct
  'accounts.enabled': AccountAct
  'accounts.sessions_ended': AccountAct
  'accounts.factor_reset_requested': { resetId: string }
  'accounts.factor_reset_approval_asked': { resetId: string; approverId: string }
  'accounts.impersonation_ended': { impersonationId: string }
  'accounts.impersonation_expired': { impersonationId: string }
  'account.export_requested': { userId: string; exportId: string }
  'account.erased': { erasureId: string }
  'staff.invited': { inviteId: string }
  'api_keys.created': { companyId: string; keyId: string }
  'api_keys.expiring': { companyId: string; keyId: string }
  'exports.requested': { companyId: string; exportId: string; requestId: string } & Asker
  'invites.mail_requested': { companyId: string; inviteId: string; personId: string }
  'claims.decided': { companyId: string; claimId: string }
  'imports.uploaded': ImportEvent
  'imports.mapped': ImportEvent
  'imports.started': ImportEvent
  'imports.undo_requested': ImportEvent
}

export type Topic = keyof Events

const ROWS_AT_ONCE = 500

type Emitter = { db: CompanyDb | SystemDb; requestId: string; actor?: { companyId: string | null } }

/** Written in the caller's transaction: the effect happens if and only if the change does, and not before `availableAt`. */
export const emit = async <T extends Topic>(
  { db, requestId, actor }: Emitter,
  topic: T,
  payload: Events[T],
  { availableAt }: { availableAt?: Date } = {},
) => {
  await db.insert(outbox).values({ topic, payload, requestId, companyId: actor?.companyId ?? null, availableAt })
}

/** The same for many of one kind, in few statements. */
export const emitEach = async <T extends Topic>(
  { db, requestId, actor }: Emitter,
  topic: T,
  payloads: readonly Events[T][],
) => {
  const companyId = actor?.companyId ?? null
  for (let from = 0; from < payloads.length; from += ROWS_AT_ONCE)
    await db
      .insert(outbox)
      .values(payloads.slice(from, from + ROWS_AT_ONCE).map((payload) => ({ topic, payload, requestId, companyId })))
}
