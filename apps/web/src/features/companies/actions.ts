import { useRouter } from 'vue-router'
import { t } from '../../i18n/i18n.ts'
import { hasRole, lookInside } from '../../session.ts'
import type { MenuItem } from '../../ui/AppMenu.vue'
import * as icons from '../../ui/icons.ts'
import { FOUNDERS } from '../property/roles.ts'
import { removeCompany, restoreCompany, type Company } from './queries.ts'

export const useCompanyActions = () => {
  const router = useRouter()

  const remove = async (company: Company) => {
    const isOwnPage = router.currentRoute.value.name === 'company'
    if ((await removeCompany(company)) && isOwnPage) await router.push({ name: 'companies' })
  }

  /** Only to look: the context of the platform inside a company changes nothing. */
  const open = async (company: Company) => {
    lookInside(company)
    await router.push({ name: 'dashboard' })
  }

  return {
    open,
    mayOpen: ({ removedAt }: Company) => !removedAt && hasRole(FOUNDERS),
    actionsOf: (company: Company): MenuItem[] => {
      const { id, allowed } = company
      const items: MenuItem[] = []
      if (allowed.includes('update'))
        items.push({ label: t('companies.edit'), icon: icons.edit, to: { name: 'company-edit', params: { id } } })
      if (!company.removedAt && hasRole(FOUNDERS))
        items.push({ label: t('companies.lookInside'), icon: icons.show, run: () => open(company) })
      if (allowed.includes('restore'))
        items.push({ label: t('companies.restore'), icon: icons.restore, run: () => restoreCompany(company) })
      if (allowed.includes('remove'))
        items.push('separator', {
          label: t('companies.remove'),
          icon: icons.remove,
          isDangerous: true,
          run: () => remove(company),
        })
      return items
    },
  }
}
