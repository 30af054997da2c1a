import type { RouteRecordRaw } from 'vue-router'
import * as icons from '../../ui/icons.ts'
import { FOUNDERS } from '../property/roles.ts'

export const routes: RouteRecordRaw[] = [
  {
    path: '/platform/limits',
    name: 'limits',
    component: () => import('./LimitsPage.vue'),
    meta: {
      shell: 'staff',
      title: 'limits.title',
      within: 'platform',
      requires: FOUNDERS,
      menu: { label: 'limits.title', icon: icons.limits, group: 'settings' },
    },
  },
]
