import type { SettingKey, SettingLevel } from '@servai/contract/settings'
import type { Principal } from '@servai/db/principal'
import { requireFresh, requireOneself, type Actor } from '../../actor.ts'
import { covers, editScope, ownScope } from '../policy.ts'

export const SETTINGS_ACCESS = ['platform_admin', 'director', 'complex_manager'] as const

/** Which level an actor means: that of the complex it names, else that of where it acts. */
export const levelOf = (actor: Actor, complexId: string | undefined): SettingLevel =>
  complexId ? 'complex' : actor.companyId ? 'company' : 'platform'

/** Inside a company the platform only looks. */
export const mayDecide = (actor: Actor, complexId: string | undefined) => {
  switch (levelOf(actor, complexId)) {
    case 'platform':
      return actor.kind === 'platform' && actor.roles.includes('platform_admin')
    case 'company':
      return ownScope(actor) === 'company'
    case 'complex':
      return complexId !== undefined && covers(editScope(actor), complexId)
  }
}

/** How everybody who works there has to sign in. */
const OF_SECURITY: readonly SettingKey[] = ['security.staffSecondFactor']

/**
 * What everybody's security hangs on is decided by a person who has just proved who they are.
 *
 * @throws forbidden auth.session_required, auth.impersonating, auth.step_up_required
 */
export const requireProofFor = (
  key: SettingKey,
  principal: Pick<Principal, 'apiKey' | 'impersonation' | 'authenticatedAtMs'>,
  now: Date,
) => {
  if (!OF_SECURITY.includes(key)) return
  requireOneself(principal)
  requireFresh(principal, now)
}
