import { isCompanyRole, type OfferedRoles } from '@servai/contract/staff'
import type { StaffRole } from '@servai/contract/roles'
import { computed } from 'vue'
import { t } from '../../i18n/i18n.ts'
import { useComplexOptions } from '../complexes/queries.ts'

/** The roles the server offers as choices, and the complexes each may be given in. */
export const useRoleChoice = (offered: OfferedRoles['items'], role: () => StaffRole | '') => {
  const complexes = useComplexOptions()
  const offer = computed(() => offered.find((each) => each.role === role()))
  return {
    roles: offered.map((each) => ({ value: each.role, label: t(`shell.roles.${each.role}`) })),
    help: computed(() => {
      const chosen = role()
      return chosen ? t(`staff.roleHelp.${chosen}`) : undefined
    }),
    isInComplexes: computed(() => {
      const chosen = role()
      return chosen !== '' && !isCompanyRole(chosen)
    }),
    complexes: computed(() =>
      (complexes.data ?? [])
        .filter(({ id }) => !offer.value?.complexIds || offer.value.complexIds.includes(id))
        .map(({ id, name, city }) => ({ value: id, label: name, note: city })),
    ),
  }
}
