import { useRouter } from 'vue-router'
import { reasonOf } from '../../errors.ts'
import { t } from '../../i18n/i18n.ts'
import type { MenuItem } from '../../ui/AppMenu.vue'
import { confirm } from '../../ui/confirm.ts'
import * as icons from '../../ui/icons.ts'
import { notifyDone, notifyError } from '../../ui/toasts.ts'
import { erasePerson, removePerson, restorePerson, type PersonRecord } from './person-queries.ts'
import { fullName } from './residency.ts'

const erase = async (person: PersonRecord) => {
  const isAgreed = await confirm({
    title: t('people.person.eraseTitle', { name: fullName(person) }),
    text: t('people.person.eraseText'),
    action: t('people.person.erase'),
    isDangerous: true,
  })
  if (!isAgreed) return
  try {
    await erasePerson(person)
    notifyDone(t('people.person.erased'))
  } catch (error) {
    notifyError(reasonOf(error))
  }
}

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
    const mayRemove = allowed.includes('remove')
    const mayErase = allowed.includes('erase')
    if ((mayRemove || mayErase) && items.length > 0) items.push('separator')
    if (mayRemove)
      items.push({ label: t('people.person.remove'), icon: icons.remove, isDangerous: true, run: () => remove(person) })
    if (mayErase)
      items.push({ label: t('people.person.erase'), icon: icons.erase, isDangerous: true, run: () => erase(person) })
    return items
  }
}
