import type { RouteRecordRaw } from 'vue-router'
import { withAccountTexts } from '../../i18n/i18n.ts'
import * as icons from '../../ui/icons.ts'
import { FOUNDERS, RESPONSIBLE } from '../property/roles.ts'

export const routes: RouteRecordRaw[] = [
  {
    path: '/accounts',
    name: 'accounts',
    component: () => import('./AccountsPage.vue'),
    meta: {
      shell: 'staff',
      title: 'accounts.title',
      within: 'platform',
      requires: FOUNDERS,
      menu: { label: 'accounts.title', icon: icons.account },
    },
  },
  {
    path: '/accounts/requests',
    name: 'factor-resets',
    component: () => import('./FactorResetsPage.vue'),
    meta: {
      shell: 'staff',
      title: 'accounts.requests.title',
      requires: RESPONSIBLE,
      menu: { label: 'accounts.requests.title', icon: icons.factorReset, group: 'settings' },
    },
  },
  {
    path: '/accounts/impersonations',
    name: 'impersonations',
    component: () => import('./ImpersonationsPage.vue'),
    meta: { shell: 'staff', title: 'accounts.impersonations.title', within: 'platform', requires: FOUNDERS },
  },
  {
    path: '/accounts/of-person/:personId',
    name: 'account-of-person',
    component: () => import('./AccountPage.vue'),
    props: true,
    meta: { shell: 'staff', title: 'accounts.one', requires: RESPONSIBLE },
  },
  {
    path: '/accounts/:id',
    name: 'account',
    component: () => import('./AccountPage.vue'),
    props: true,
    meta: { shell: 'staff', title: 'accounts.one', requires: RESPONSIBLE },
  },
  {
    path: '/keep-second-factor',
    name: 'keep-second-factor',
    component: () => withAccountTexts(import('./KeepFactorPage.vue')),
    meta: { shell: 'auth', access: 'open', title: 'oversight.keep.title' },
  },
]
