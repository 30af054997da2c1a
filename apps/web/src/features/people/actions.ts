import { reasonOf } from '../../errors.ts'
import { t } from '../../i18n/i18n.ts'
import { hasRole, session } from '../../session.ts'
import type { MenuItem } from '../../ui/AppMenu.vue'
import * as icons from '../../ui/icons.ts'
import { notifyDone, notifyError } from '../../ui/toasts.ts'
import { EDITORS } from '../property/roles.ts'
import { removeResidency, updateResidency, type Residency } from './queries.ts'
import { fullName, stateOn, todayIn } from './residency.ts'

/** Today as the company counts it. */
export const companyToday = () => todayIn(session.context?.company?.timezone)

const endToday = async ({ id, version, endsOn, person }: Residency, today: string) => {
  try {
    const ended = await updateResidency({ id, version, endsOn: today })
    notifyDone(t('people.endedToast', { name: fullName(person) }), () =>
      updateResidency({ id, version: ended.version, endsOn }),
    )
  } catch (error) {
    notifyError(reasonOf(error))
  }
}

/** What the server allows with a residency, as entries of a menu. */
export const residencyActions = (residency: Residency): MenuItem[] => {
  const { id, allowed, startsOn, person, unit } = residency
  const today = companyToday()
  const items: MenuItem[] = []
  if (allowed.includes('update')) {
    items.push({ label: t('people.edit'), icon: icons.edit, to: { name: 'residency-edit', params: { id } } })
    if (stateOn(residency, today) === 'present' && startsOn !== null && startsOn < today)
      items.push({ label: t('people.endToday'), icon: icons.moveOut, run: () => endToday(residency, today) })
  }
  if (hasRole(EDITORS))
    items.push({
      label: t('staff.why'),
      icon: icons.explain,
      to: {
        name: 'staff-access',
        query: { person: person.id, name: fullName(person), kind: 'unit', unit: unit.id, place: unit.number },
      },
    })
  if (allowed.includes('remove')) {
    if (items.length > 0) items.push('separator')
    items.push({
      label: t('people.remove'),
      icon: icons.remove,
      isDangerous: true,
      run: () => removeResidency(residency),
    })
  }
  return items
}
