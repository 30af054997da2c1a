import { useRouter } from 'vue-router'
import { reasonOf } from '../../errors.ts'
import { t } from '../../i18n/i18n.ts'
import type { MenuItem } from '../../ui/AppMenu.vue'
import { confirm } from '../../ui/confirm.ts'
import * as icons from '../../ui/icons.ts'
import { notifyDone, notifyError, notifyRefused } from '../../ui/toasts.ts'
import { adoptInvites, linkOf, mailInvite, readInvite, revokeInvite, type Invite } from './queries.ts'

export const copyLinkOf = async (invite: Invite) => {
  try {
    const { path } = await readInvite(invite)
    if (path === null) return
    await navigator.clipboard.writeText(linkOf(path))
    notifyDone(t('ui.link.copied'))
  } catch (error) {
    notifyError(reasonOf(error))
  }
}

export const mailLinkOf = async (invite: Invite) => {
  try {
    await mailInvite(invite)
    notifyDone(t('invites.mailDone', { email: invite.person?.email ?? '' }))
  } catch (error) {
    notifyError(reasonOf(error))
  }
}

/** Asks first: a link that has been handed out cannot be given back. */
export const revokeAsked = async (invite: Invite) => {
  const { number } = invite.unit
  const isSure = await confirm({
    title: t('invites.revokeTitle', { number }),
    text: t('invites.revokeText'),
    action: t('invites.revoke'),
    isDangerous: true,
  })
  if (!isSure) return
  try {
    await revokeInvite(invite)
    notifyDone(t('invites.revoked', { number }))
  } catch (error) {
    notifyError(reasonOf(error))
  }
}

export const adopt = async (invites: readonly Invite[]) => {
  try {
    const { adopted, withoutRoom } = await adoptInvites(invites)
    if (adopted > 0 || withoutRoom === 0) notifyDone(t('invites.adopted', { count: adopted }))
    if (withoutRoom > 0) notifyRefused(t('invites.withoutRoom', { count: withoutRoom }))
  } catch (error) {
    notifyError(reasonOf(error))
  }
}

/** What the server allows with an invite, as entries of a menu. */
export const useInviteActions = () => {
  const router = useRouter()
  return (invite: Invite): MenuItem[] => {
    const { id, allowed } = invite
    if (allowed.length === 0) return []
    const mail: MenuItem = {
      label: invite.mailedAt ? t('invites.mailAgain') : t('invites.mail'),
      icon: icons.mail,
      run: () => mailLinkOf(invite),
    }
    const takeOver: MenuItem = { label: t('invites.adopt'), icon: icons.invite, run: () => adopt([invite]) }
    return [
      ...(allowed.includes('adopt') ? [takeOver] : []),
      { label: t('ui.link.copy'), icon: icons.copy, run: () => copyLinkOf(invite) },
      { label: t('invites.link'), icon: icons.invite, run: () => router.push({ name: 'invite', params: { id } }) },
      ...(allowed.includes('mail') ? [mail] : []),
      'separator',
      { label: t('invites.revoke'), icon: icons.remove, isDangerous: true, run: () => revokeAsked(invite) },
    ]
  }
}
