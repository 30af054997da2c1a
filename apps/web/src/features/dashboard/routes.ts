import type { RouteRecordRaw } from 'vue-router'
import * as icons from '../../ui/icons.ts'
import { REGISTRY_READERS } from '../property/roles.ts'

export const routes: RouteRecordRaw[] = [
  {
    path: '/today',
    name: 'dashboard',
    component: () => import('./DashboardPage.vue'),
    meta: {
      shell: 'staff',
      title: 'dashboard.title',
      within: 'company',
      requires: REGISTRY_READERS,
      menu: { label: 'dashboard.title', icon: icons.dashboard, group: 'today' },
    },
  },
]
