import { useRouter } from 'vue-router'
import { t } from '../../i18n/i18n.ts'
import type { MenuItem } from '../../ui/AppMenu.vue'
import * as icons from '../../ui/icons.ts'
import { removePerson, restorePerson, type PersonRecord } from './person-queries.ts'

/** What the server allows with a person, as entries of a menu. */
export const usePersonActions = () => {
  const router = useRouter()

  const remove = async (person: PersonRecord) => {
    const isOwnPage = router.currentRoute.value.name === 'person'
    if ((await removePerson(person)) && isOwnPage) await router.push({ name: 'residents' })
  }

  return (person: PersonRecord): MenuItem[] => {
    const { id, allowed } = person
    const items: MenuItem[] = []
    if (allowed.includes('update'))
      items.push({ label: t('people.person.edit'), icon: icons.edit, to: { name: 'person-edit', params: { id } } })
    // Both records have to be wholly in the caller's care, as for removing them.
    if (allowed.includes('update') && allowed.includes('remove'))
      items.push({ label: t('people.merge.action'), icon: icons.merge, to: { name: 'person-merge', params: { id } } })
    if (allowed.includes('restore'))
      items.push({ label: t('people.person.restore'), icon: icons.restore, run: () => restorePerson(person) })
    if (allowed.includes('remove')) {
      if (items.length > 0) items.push('separator')
      items.push({ label: t('people.person.remove'), icon: icons.remove, isDangerous: true, run: () => remove(person) })
    }
    return items
  }
}
