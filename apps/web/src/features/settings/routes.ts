import type { RouteRecordRaw } from 'vue-router'
import * as icons from '../../ui/icons.ts'
import { FOUNDERS, OWNERS, STAFF_READERS } from '../property/roles.ts'

export const routes: RouteRecordRaw[] = [
  {
    path: '/settings',
    name: 'settings',
    component: () => import('./SettingsPage.vue'),
    meta: {
      shell: 'staff',
      title: 'settings.ofCompany',
      within: 'company',
      requires: ['platform_admin', ...OWNERS],
      menu: { label: 'settings.company', icon: icons.tune, group: 'settings' },
    },
  },
  {
    path: '/complexes/:id/settings',
    name: 'complex-settings',
    component: () => import('./ComplexSettingsPage.vue'),
    props: true,
    meta: { shell: 'staff', title: 'settings.title', within: 'company', requires: STAFF_READERS },
  },
  {
    path: '/platform-settings',
    name: 'platform-settings',
    component: () => import('./PlatformSettingsPage.vue'),
    meta: {
      shell: 'staff',
      title: 'settings.ofPlatform',
      within: 'platform',
      requires: FOUNDERS,
      menu: { label: 'settings.ofPlatform', icon: icons.tune, group: 'settings' },
    },
  },
]
