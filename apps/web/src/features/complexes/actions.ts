import { useRouter } from 'vue-router'
import { t } from '../../i18n/i18n.ts'
import { hasRole } from '../../session.ts'
import type { MenuItem } from '../../ui/AppMenu.vue'
import * as icons from '../../ui/icons.ts'
import { STAFF_READERS } from '../property/roles.ts'
import { removeComplex, restoreComplex, type Complex } from './queries.ts'

/** What the server allows with a complex, as entries of a menu. */
export const useComplexActions = () => {
  const router = useRouter()

  const remove = async (complex: Complex) => {
    const isOwnPage = router.currentRoute.value.name === 'complex'
    if ((await removeComplex(complex)) && isOwnPage) await router.push({ name: 'complexes' })
  }

  return (complex: Complex): MenuItem[] => {
    const { id, allowed } = complex
    const items: MenuItem[] = []
    if (allowed.includes('update'))
      items.push({ label: t('complexes.edit'), icon: icons.edit, to: { name: 'complex-edit', params: { id } } })
    if (allowed.includes('import'))
      items.push({
        label: t('complexes.importUnits'),
        icon: icons.upload,
        to: { name: 'import', query: { complex: id } },
      })
    if (!complex.removedAt && hasRole(STAFF_READERS))
      items.push({ label: t('settings.title'), icon: icons.tune, to: { name: 'complex-settings', params: { id } } })
    if (allowed.includes('restore'))
      items.push({ label: t('complexes.restore'), icon: icons.restore, run: () => restoreComplex(complex) })
    if (allowed.includes('remove')) {
      if (items.length > 0) items.push('separator')
      items.push({ label: t('complexes.remove'), icon: icons.remove, isDangerous: true, run: () => remove(complex) })
    }
    return items
  }
}
