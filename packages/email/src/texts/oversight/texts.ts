import type { Copy, Sender } from '../texts.ts'

/** What people are told when others interfere with their account. `by` is a company, or whoever sends. */
export type OversightTexts = {
  accountDisabled(values: Sender & { by: string; at: string }): Copy
  accountEnabled(values: Sender & { by: string; at: string }): Copy
  signedOutByStaff(values: Sender & { by: string; at: string }): Copy
  /** To the owner of the account, who may say no. */
  factorResetRequested(values: Sender & { by: string; requestedBy: string; reason: string; expiresAt: string }): Copy
  /** To somebody who may approve. */
  factorResetApproval(values: Sender & { name: string; requestedBy: string; reason: string; expiresAt: string }): Copy
  impersonated(values: Sender & { startedAt: string; endedAt: string; reason: string; access: 'read' | 'write' }): Copy
}
