import { reasonOf } from '../../errors.ts'
import { t } from '../../i18n/i18n.ts'
import type { MenuItem } from '../../ui/AppMenu.vue'
import { confirm } from '../../ui/confirm.ts'
import * as icons from '../../ui/icons.ts'
import { notifyDone, notifyError } from '../../ui/toasts.ts'
import {
  createGrants,
  resendStaffInvite,
  revokeGrant,
  revokeStaffInvite,
  type Grant,
  type Member,
  type StaffInvite,
} from './queries.ts'
import { memberName } from './words.ts'

const tried = async (work: () => Promise<void>) => {
  try {
    await work()
  } catch (error) {
    notifyError(reasonOf(error))
  }
}

/** Takes a role away at once; for ten seconds it can be given back as it was. */
export const takeAway = (member: Member, grant: Grant) =>
  tried(async () => {
    const { role, complex, expiresAt, isExpired } = grant
    const named = { role: t(`shell.roles.${role}`), name: memberName(member) }
    const orphaned = await revokeGrant(grant)
    const giveBack = () =>
      tried(async () => {
        await createGrants({ memberId: member.id, role, complexIds: complex ? [complex.id] : [], expiresAt })
        notifyDone(t('staff.grants.restored'))
      })
    notifyDone(
      orphaned > 0
        ? t('staff.grants.revokedWithInvites', { ...named, count: orphaned })
        : t('staff.grants.revoked', named),
      isExpired || member.isYou ? undefined : giveBack,
    )
  })

/** What the server allows with an open invite. */
export const inviteActions = (invite: StaffInvite, contextKey: string | null): MenuItem[] => {
  const { email, allowed } = invite
  const resend = () =>
    tried(async () => {
      await resendStaffInvite(invite, contextKey)
      notifyDone(t('staff.invites.resent', { email }))
    })
  const revoke = () =>
    tried(async () => {
      const isSure = await confirm({
        title: t('staff.invites.revokeTitle', { email }),
        text: t('staff.invites.revokeText'),
        action: t('staff.invites.revoke'),
        isDangerous: true,
      })
      if (!isSure) return
      await revokeStaffInvite(invite, contextKey)
      notifyDone(t('staff.invites.revoked', { email }))
    })
  return [
    ...(allowed.includes('resend') ? [{ label: t('staff.invites.resend'), icon: icons.mail, run: resend }] : []),
    ...(allowed.includes('revoke')
      ? [{ label: t('staff.invites.revoke'), icon: icons.remove, isDangerous: true, run: revoke }]
      : []),
  ]
}
