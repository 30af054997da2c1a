import { useRouter } from 'vue-router'
import { t } from '../../i18n/i18n.ts'
import { hasRole } from '../../session.ts'
import type { MenuItem } from '../../ui/AppMenu.vue'
import * as icons from '../../ui/icons.ts'
import { EDITORS } from '../property/roles.ts'
import { removeUnit, restoreUnit, type Unit } from './queries.ts'

/** What the server allows with a unit, as entries of a menu. */
export const useUnitActions = () => {
  const router = useRouter()

  const remove = async (unit: Unit) => {
    const isOwnPage = router.currentRoute.value.name === 'unit'
    if ((await removeUnit(unit)) && isOwnPage) await router.push({ name: 'building', params: { id: unit.building.id } })
  }

  return (unit: Unit): MenuItem[] => {
    const { id, number, allowed } = unit
    const items: MenuItem[] = []
    if (allowed.includes('update'))
      items.push(
        { label: t('units.edit'), icon: icons.edit, to: { name: 'unit-edit', params: { id } } },
        { label: t('people.add'), icon: icons.add, to: { name: 'residency-new', params: { unitId: id } } },
      )
    if (hasRole(EDITORS) && !unit.removedAt)
      items.push({
        label: t('staff.access.title'),
        icon: icons.explain,
        to: { name: 'staff-access', query: { kind: 'unit', unit: id, place: number } },
      })
    if (allowed.includes('restore'))
      items.push({ label: t('units.restore'), icon: icons.restore, run: () => restoreUnit(unit) })
    if (allowed.includes('remove')) {
      if (items.length > 0) items.push('separator')
      items.push({ label: t('units.remove'), icon: icons.remove, isDangerous: true, run: () => remove(unit) })
    }
    return items
  }
}
