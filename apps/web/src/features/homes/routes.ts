import type { RouteRecordRaw } from 'vue-router'
import * as icons from '../../ui/icons.ts'

export const routes: RouteRecordRaw[] = [
  {
    path: '/home',
    name: 'homes',
    component: () => import('./HomesPage.vue'),
    meta: { shell: 'resident', title: 'homes.title', menu: { label: 'homes.menu', icon: icons.home } },
  },
]
