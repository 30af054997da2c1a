import { deriveToken } from '@servai/auth/one-time-token'
import { localeOf } from '@servai/contract/locales'
import { loadDisabledRecipient, loadRecipient, loadTokenRecipient, type Recipient } from '@servai/db/recipient'
import type { TokenPurpose } from '@servai/db/schema/enums'
import type { Message, MessageContext } from '@servai/email/messages'
import type { JobCtx, JobOutcome } from './jobs.ts'

export const contextOf = (
  { mail }: JobCtx,
  { locale, firstName }: Pick<Recipient, 'locale' | 'firstName'>,
): MessageContext => ({
  ...mail.sender,
  locale: localeOf(locale),
  firstName,
})

/** Sends to the account, unless it was disabled or removed meanwhile or `isDue` says no. */
export const mailAccount = async (
  ctx: JobCtx,
  userId: string,
  compose: (context: MessageContext) => Message,
  isDue: (recipient: Recipient) => boolean = () => true,
): Promise<JobOutcome> => {
  const recipient = await loadRecipient(ctx.database, userId)
  if (!recipient || !isDue(recipient)) return 'skipped'
  await ctx.mail.send(recipient.email, compose(contextOf(ctx, recipient)))
  return 'done'
}

/** Sends to an account that was disabled, while it is: nothing else reaches it. */
export const mailDisabledAccount = async (
  ctx: JobCtx,
  userId: string,
  compose: (context: MessageContext) => Message,
): Promise<JobOutcome> => {
  const recipient = await loadDisabledRecipient(ctx.database, userId)
  if (!recipient) return 'skipped'
  await ctx.mail.send(recipient.email, compose(contextOf(ctx, recipient)))
  return 'done'
}

/** A link that dies before it is read only annoys. */
const SHORTEST_USEFUL_MINUTES = 10

/** Makes the token again and sends it, unless it was used, voided or replaced meanwhile or is about to expire. */
export const mailToken = async (
  ctx: JobCtx,
  tokenId: string,
  purpose: TokenPurpose,
  compose: (context: MessageContext & { token: string; lifetimeMinutes: number }) => Message,
): Promise<JobOutcome> => {
  const found = await loadTokenRecipient(ctx.database, tokenId, purpose)
  if (!found) return 'skipped'
  // The minute in which the mail is written is on the house: 24 hours stay 24 hours.
  const lifetimeMinutes = Math.ceil((found.expiresAtMs - ctx.now().getTime()) / 60_000)
  if (lifetimeMinutes < SHORTEST_USEFUL_MINUTES) return 'skipped'
  const token = deriveToken(ctx.tokenKeys, { purpose, id: found.id, nonce: found.nonce, kid: found.keyId })
  await ctx.mail.send(found.email, compose({ ...contextOf(ctx, found), token, lifetimeMinutes }))
  return 'done'
}
