import { isCompanyRole, STAFF_ROLES } from '@servai/contract/staff'
import { formatDate } from '../../i18n/format.ts'
import { t } from '../../i18n/i18n.ts'
import { session } from '../../session.ts'
import type { Grant, Member } from './queries.ts'

export const memberName = ({ firstName, lastName }: Pick<Member, 'firstName' | 'lastName'>) =>
  `${firstName} ${lastName}`

export const whereOf = (complex: { name: string } | null) => complex?.name ?? t('staff.wholeCompany')

export const byName = (by: { name: string } | null) => by?.name ?? t('staff.byPlatform')

/** Grants with an end count to the end of that day where the company is. */
export const dayOf = (at: string) => formatDate(at, session.context?.company?.timezone)

export const specialisationsOf = ({ specialisations }: Pick<Member, 'specialisations'>) =>
  specialisations.map((each) => t(`staff.specialisation.${each}`)).join(', ')

/** "Technician: Green Hills, Old Town", role by role. */
export const rolesOf = (grants: readonly Grant[]) =>
  STAFF_ROLES.flatMap((role) => {
    const held = grants.filter((grant) => grant.role === role && !grant.isExpired)
    if (held.length === 0) return []
    const places = held.flatMap(({ complex }) => complex?.name ?? [])
    return [{ role, label: t(`shell.roles.${role}`), places: isCompanyRole(role) ? '' : places.join(', ') }]
  })

/** The last moment of a day in the zone of the company, as the server takes it. */
export const endOfDay = (day: string, timeZone: string): string => {
  const guess = new Date(`${day}T23:59:59Z`)
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(guess)
  const offset = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT'
  const [, sign = '+', hours = '00', minutes = '00'] = /GMT([+-])(\d\d):(\d\d)/.exec(offset) ?? []
  const shiftMs = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
  return new Date(guess.getTime() - shiftMs).toISOString()
}
