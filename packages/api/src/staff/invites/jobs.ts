import { deriveToken } from '@servai/auth/one-time-token'
import { localeOf } from '@servai/contract/locales'
import { loadStaffInvite } from '@servai/db/staff-invite'
import { staffInvite } from '@servai/email/messages'
import type { JobHandler } from '../../jobs.ts'

export const mailStaffInvite: JobHandler<'staff.invited'> = async (ctx, { inviteId }) => {
  const invite = await loadStaffInvite(ctx.database, inviteId)
  if (!invite) return 'skipped'
  const { id, email, role, company, timezone: timeZone, nonce, keyId: kid } = invite
  const token = deriveToken(ctx.tokenKeys, { purpose: 'staff_invite', id, nonce, kid })
  const [locale, expiresAt] = [localeOf(invite.locale), new Date(invite.expiresAtMs)]
  await ctx.mail.send(email, staffInvite({ ...ctx.mail.sender, locale, company, role, token, expiresAt, timeZone }))
  return 'done'
}
