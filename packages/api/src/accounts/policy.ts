import type { AccountAction } from '@servai/contract/accounts'
import type { Rights } from '@servai/db/principal'
import { rolesOf, type Actor } from '../actor.ts'
import { DomainError } from '../errors.ts'

export const ACCOUNTS_ACCESS = ['platform_admin', 'director'] as const

/** An account that somebody wants to act on, with what it may act as today. */
export type Subject = Pick<Rights, 'userId' | 'active' | 'grants' | 'homes'>

export const isPlatformStaff = ({ grants }: Pick<Subject, 'grants'>) =>
  grants.some(({ companyId }) => companyId === null)

export const isPlatformAdmin = (actor: Actor) => actor.kind === 'platform' && rolesOf(actor).includes('platform_admin')

/** A company opens what it has closed itself; what somebody else has, the platform alone. */
export const mayOpenAgain = (actor: Actor, { disabledByCompanyId }: { disabledByCompanyId: string | null }): boolean =>
  actor.kind !== 'staff' || disabledByCompanyId === actor.companyId

const isDirector = (actor: Actor) => actor.kind === 'staff' && actor.roles.includes('director')

/** Works or lives in the company of the director, today. */
const isOf = ({ grants, homes }: Subject, companyId: string | null) =>
  [...grants, ...homes].some((tie) => tie.companyId !== null && tie.companyId === companyId)

/** The platform knows every account, a director those of the company. */
export const isKnownTo = (actor: Actor, subject: Subject) =>
  isPlatformAdmin(actor) || (isDirector(actor) && isOf(subject, actor.companyId))

/** Works elsewhere too, or for the platform: then the account is more than the company's. */
const isBeyond = (actor: Actor, { grants }: Subject) =>
  !isPlatformAdmin(actor) && grants.some(({ companyId }) => companyId !== actor.companyId)

const livesElsewhere = (actor: Actor, { homes }: Subject) =>
  !isPlatformAdmin(actor) && homes.some(({ companyId }) => companyId !== actor.companyId)

/** Why the actor may not; `null` where they may. */
const refusalOf = (actor: Actor, subject: Subject, action: AccountAction): DomainError | null => {
  if (!isKnownTo(actor, subject)) return new DomainError('not_found', 'accounts.not_found')
  if (subject.userId === actor.userId) return new DomainError('forbidden', 'accounts.own')
  if (action === 'impersonate')
    return isPlatformAdmin(actor)
      ? isPlatformStaff(subject)
        ? new DomainError('forbidden', 'accounts.platform_staff')
        : null
      : new DomainError('forbidden', 'auth.forbidden')
  if (isBeyond(actor, subject) || (action === 'disable' && livesElsewhere(actor, subject)))
    return new DomainError('forbidden', 'accounts.beyond_company')
  return null
}

/** @throws not_found accounts.not_found; forbidden accounts.own, accounts.beyond_company, accounts.platform_staff */
export const requireAct = (actor: Actor, subject: Subject, action: AccountAction) => {
  const refusal = refusalOf(actor, subject, action)
  if (refusal) throw refusal
}

/** What of these the actor may do, as far as rights go. */
export const mayAct = (actor: Actor, subject: Subject, action: AccountAction) =>
  refusalOf(actor, subject, action) === null

type State = { hasFactors: boolean; hasOpenReset: boolean; isTheirsToOpen: boolean; isPlatformsToClose: boolean }

export const allowedActions = (
  actor: Actor,
  subject: Subject,
  { hasFactors, hasOpenReset, isTheirsToOpen, isPlatformsToClose }: State,
): AccountAction[] => {
  const fits: Record<AccountAction, boolean> = {
    disable: subject.active || isPlatformsToClose,
    enable: !subject.active && isTheirsToOpen,
    end_sessions: subject.active,
    send_reset: subject.active,
    reset_factors: subject.active && hasFactors && !hasOpenReset,
    impersonate: subject.active,
  }
  // The keys were written above.
  return (Object.keys(fits) as AccountAction[]).filter((action) => fits[action] && mayAct(actor, subject, action))
}
