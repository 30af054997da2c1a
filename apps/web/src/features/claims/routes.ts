import { defineAsyncComponent } from 'vue'
import type { RouteRecordRaw } from 'vue-router'
import * as icons from '../../ui/icons.ts'
import { EDITORS } from '../property/roles.ts'

export const routes: RouteRecordRaw[] = [
  {
    path: '/claims',
    name: 'claims',
    component: () => import('./ClaimsPage.vue'),
    meta: {
      shell: 'staff',
      title: 'claims.title',
      within: 'company',
      requires: EDITORS,
      menu: {
        label: 'claims.title',
        icon: icons.claim,
        group: 'residents',
        mark: defineAsyncComponent(() => import('./components/PendingMark.vue')),
      },
    },
  },
  {
    path: '/claims/:id',
    name: 'claim',
    component: () => import('./ClaimPage.vue'),
    props: true,
    meta: { shell: 'staff', title: 'claims.title', within: 'company', requires: EDITORS },
  },
  {
    path: '/home/requests',
    name: 'own-claims',
    component: () => import('./OwnClaimsPage.vue'),
    meta: { shell: 'resident', title: 'claims.mine.title' },
  },
  {
    path: '/home/requests/new',
    name: 'claim-new',
    component: () => import('./NewClaimPage.vue'),
    meta: { shell: 'resident', title: 'claims.ask.title' },
  },
]
