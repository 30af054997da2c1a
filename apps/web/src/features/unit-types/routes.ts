import type { RouteRecordRaw } from 'vue-router'
import * as icons from '../../ui/icons.ts'
import { OWNERS } from '../property/roles.ts'

export const routes: RouteRecordRaw[] = [
  {
    path: '/settings/unit-types',
    name: 'unit-types',
    component: () => import('./UnitTypesPage.vue'),
    meta: {
      shell: 'staff',
      title: 'registry.types.title',
      within: 'company',
      requires: OWNERS,
      menu: { label: 'registry.types.title', icon: icons.unitType, group: 'settings' },
    },
  },
]
