import { STAFF_ROLES } from '@servai/contract/roles'
import type { RouteRecordRaw } from 'vue-router'
import * as icons from '../../ui/icons.ts'
import { OWNERS } from '../property/roles.ts'

export const routes: RouteRecordRaw[] = [
  {
    path: '/profile/api-keys',
    name: 'api-keys',
    component: () => import('./ApiKeysPage.vue'),
    props: { whose: 'own' },
    meta: { shell: 'staff', title: 'apiKeys.own', within: 'company', requires: STAFF_ROLES },
  },
  {
    path: '/staff/api-keys',
    name: 'company-api-keys',
    component: () => import('./ApiKeysPage.vue'),
    props: { whose: 'company' },
    meta: {
      shell: 'staff',
      title: 'apiKeys.ofCompany',
      within: 'company',
      requires: OWNERS,
      menu: { label: 'apiKeys.own', icon: icons.apiKey, group: 'settings' },
    },
  },
]
