import type { RouteRecordRaw } from 'vue-router'
import * as icons from '../../ui/icons.ts'
import { EDITORS, REGISTRY_READERS } from '../property/roles.ts'

export const routes: RouteRecordRaw[] = [
  {
    path: '/buildings',
    name: 'buildings',
    component: () => import('./BuildingsPage.vue'),
    meta: {
      shell: 'staff',
      title: 'buildings.title',
      within: 'company',
      requires: REGISTRY_READERS,
      menu: { label: 'buildings.title', icon: icons.building, group: 'buildings' },
    },
  },
  {
    path: '/buildings/new',
    name: 'building-new',
    component: () => import('./NewBuildingPage.vue'),
    meta: { shell: 'staff', title: 'buildings.createTitle', within: 'company', requires: EDITORS },
  },
  {
    path: '/buildings/:id',
    name: 'building',
    component: () => import('./BuildingPage.vue'),
    props: true,
    meta: { shell: 'staff', title: 'buildings.one', within: 'company', requires: REGISTRY_READERS },
  },
  {
    path: '/buildings/:id/edit',
    name: 'building-edit',
    component: () => import('./EditBuildingPage.vue'),
    props: true,
    meta: { shell: 'staff', title: 'buildings.edit', within: 'company', requires: EDITORS },
  },
]
