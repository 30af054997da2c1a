import type { RouteRecordRaw } from 'vue-router'
import * as icons from '../../ui/icons.ts'
import { EDITORS, HOME_READERS, OWNERS } from '../property/roles.ts'

export const routes: RouteRecordRaw[] = [
  {
    path: '/residents',
    name: 'residents',
    component: () => import('./PeoplePage.vue'),
    meta: {
      shell: 'staff',
      title: 'people.title',
      within: 'company',
      requires: HOME_READERS,
      menu: { label: 'people.title', icon: icons.residents, group: 'residents' },
    },
  },
  {
    path: '/residents/new',
    name: 'person-new',
    component: () => import('./NewPersonPage.vue'),
    meta: { shell: 'staff', title: 'people.person.createTitle', within: 'company', requires: OWNERS },
  },
  {
    path: '/residents/:id/edit',
    name: 'person-edit',
    component: () => import('./EditPersonPage.vue'),
    props: true,
    meta: { shell: 'staff', title: 'people.person.edit', within: 'company', requires: EDITORS },
  },
  {
    path: '/residents/:id/merge',
    name: 'person-merge',
    component: () => import('./MergePeoplePage.vue'),
    props: true,
    meta: { shell: 'staff', title: 'people.merge.action', within: 'company', requires: EDITORS },
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
