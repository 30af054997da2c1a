import { useRouter } from 'vue-router'
import { t } from '../../i18n/i18n.ts'
import type { MenuItem } from '../../ui/AppMenu.vue'
import * as icons from '../../ui/icons.ts'
import { removeBuilding, restoreBuilding, type Building } from './queries.ts'

/** What the server allows with a building, as entries of a menu. */
export const useBuildingActions = () => {
  const router = useRouter()

  const remove = async (building: Building) => {
    const isOwnPage = router.currentRoute.value.name === 'building'
    if ((await removeBuilding(building)) && isOwnPage)
      await router.push({ name: 'complex', params: { id: building.complex.id } })
  }

  return (building: Building): MenuItem[] => {
    const { id, allowed } = building
    const items: MenuItem[] = []
    if (allowed.includes('update'))
      items.push(
        { label: t('buildings.edit'), icon: icons.edit, to: { name: 'building-edit', params: { id } } },
        { label: t('units.create'), icon: icons.add, to: { name: 'unit-new', query: { building: id } } },
        {
          label: t('invites.createMany'),
          icon: icons.inviteMany,
          to: { name: 'invites-many', query: { complex: building.complex.id, building: id } },
        },
        {
          label: t('invites.sheet.title'),
          icon: icons.print,
          to: { name: 'invite-sheet', params: { buildingId: id } },
        },
      )
    if (allowed.includes('restore'))
      items.push({ label: t('buildings.restore'), icon: icons.restore, run: () => restoreBuilding(building) })
    if (allowed.includes('remove')) {
      if (items.length > 0) items.push('separator')
      items.push({ label: t('buildings.remove'), icon: icons.remove, isDangerous: true, run: () => remove(building) })
    }
    return items
  }
}
