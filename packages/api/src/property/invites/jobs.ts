import { deriveToken } from '@servai/auth/one-time-token'
import { localeOf } from '@servai/contract/locales'
import { residentInvite } from '@servai/email/messages'
import { loadInviteRecipient } from '@servai/db/recipient'
import type { JobHandler } from '../../jobs.ts'

/** In the language of the company: of somebody without an account no other is known. Skipped once the link is dead. */
export const mailInvite: JobHandler<'invites.mail_requested'> = async (ctx, payload) => {
  const found = await loadInviteRecipient(ctx.database, payload)
  if (!found) return 'skipped'
  const { email, firstName, locale, id, nonce, keyId, expiresAtMs, ...home } = found
  const token = deriveToken(ctx.tokenKeys, { purpose: 'resident_invite', id, nonce, kid: keyId })
  const context = { ...ctx.mail.sender, locale: localeOf(locale), firstName }
  await ctx.mail.send(email, residentInvite({ ...context, ...home, token, expiresAt: new Date(expiresAtMs) }))
  return 'done'
}
