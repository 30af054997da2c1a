import type { RouteRecordRaw } from 'vue-router'
import * as icons from '../../ui/icons.ts'
import { EDITORS, HOME_READERS } from '../property/roles.ts'

export const routes: RouteRecordRaw[] = [
  {
    path: '/residents',
    name: 'residents',
    component: () => import('./ResidentsPage.vue'),
    meta: {
      shell: 'staff',
      title: 'people.title',
      within: 'company',
      requires: HOME_READERS,
      menu: { label: 'people.title', icon: icons.residents, group: 'residents' },
    },
  },
  {
    path: '/residents/:id',
    name: 'person',
    component: () => import('./PersonPage.vue'),
    props: true,
    meta: { shell: 'staff', title: 'people.one', within: 'company', requires: HOME_READERS },
  },
  {
    path: '/units/:unitId/residents/new',
    name: 'residency-new',
    component: () => import('./NewResidencyPage.vue'),
    props: true,
    meta: { shell: 'staff', title: 'people.add', within: 'company', requires: EDITORS },
  },
  {
    path: '/residencies/:id/edit',
    name: 'residency-edit',
    component: () => import('./EditResidencyPage.vue'),
    props: true,
    meta: { shell: 'staff', title: 'people.edit', within: 'company', requires: EDITORS },
  },
]
