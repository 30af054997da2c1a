import type { RouteRecordRaw } from 'vue-router'
import * as icons from '../../ui/icons.ts'

export const routes: RouteRecordRaw[] = [
  {
    path: '/home',
    name: 'homes',
    component: () => import('./HomesPage.vue'),
    meta: { shell: 'resident', title: 'homes.title', menu: { label: 'homes.menu', icon: icons.home } },
  },
  {
    path: '/home/:unitId/people',
    name: 'home-people',
    component: () => import('./HomePeoplePage.vue'),
    props: true,
    meta: { shell: 'resident', title: 'homes.family' },
  },
]
