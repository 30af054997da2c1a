import type { FactorChange } from '@servai/contract/factors'
import type { StaffRole } from '@servai/contract/roles'
import type { OversightTexts } from './oversight/texts.ts'
import type { AccountTexts } from './account/texts.ts'

/** What one message says; `body` is one paragraph per item. All of it is plain text. */
export type Copy = {
  subject: string
  preheader: string
  heading: string
  body: string[]
  button: string
  why: string
}

/** Who sends: the name people know, and the host the links point to. */
export type Sender = { sender: string; host: string }

/** One language. Durations and dates arrive already written in it. */
export type Texts = AccountTexts &
  OversightTexts & {
    greeting(name: string | undefined): string
    linkHint: string
    sentBy(from: Sender): string
    verification(values: Sender & { duration: string }): Copy
    welcome(values: Sender): Copy
    passwordReset(values: Sender & { duration: string }): Copy
    passwordChanged(values: Sender & { changedAt: string }): Copy
    registrationAttempt(values: Sender): Copy
    sessionEnded(values: Sender & { endedAt: string }): Copy
    /** Whole sentences. */
    factorChanges: Record<FactorChange, string>
    factorsChanged(values: Sender & { what: string; changedAt: string }): Copy
    recoveryCodeUsed(values: Sender & { usedAt: string }): Copy
    passkeyRefused(values: Sender & { refusedAt: string }): Copy
    passwordLocked(values: Sender & { lockedAt: string }): Copy
    secondFactorLocked(values: Sender & { lockedAt: string }): Copy
    /** `key` is its name and its first characters. */
    apiKeyCreated(values: Sender & { company: string; key: string; expiresOn: string }): Copy
    apiKeyExpiring(values: Sender & { company: string; key: string; expiresOn: string }): Copy
    residentInvite(
      values: Sender & { company: string; complex: string; address: string; unit: string; expiresOn: string },
    ): Copy
    roles: Record<StaffRole, string>
    staffInvite(values: Sender & { company: string; role: string; expiresOn: string }): Copy
    /** `note` may be empty. */
    claimApproved(values: Sender & { company: string; complex: string; unit: string; note: string }): Copy
    claimDeclined(values: Sender & { company: string; complex: string; note: string }): Copy
  }
