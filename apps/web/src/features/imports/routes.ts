import type { RouteRecordRaw } from 'vue-router'
import * as icons from '../../ui/icons.ts'
import { EDITORS } from '../property/roles.ts'

export const routes: RouteRecordRaw[] = [
  {
    path: '/import',
    name: 'import',
    component: () => import('./ImportPage.vue'),
    meta: {
      shell: 'staff',
      title: 'imports.title',
      within: 'company',
      requires: EDITORS,
      menu: { label: 'imports.menu', icon: icons.upload, group: 'buildings' },
    },
  },
]
