import type { RouteRecordRaw } from 'vue-router'
import * as icons from '../../ui/icons.ts'
import { EDITORS, HOME_READERS } from '../property/roles.ts'

export const routes: RouteRecordRaw[] = [
  {
    path: '/units',
    name: 'units',
    component: () => import('./UnitsPage.vue'),
    meta: {
      shell: 'staff',
      title: 'units.title',
      within: 'company',
      requires: HOME_READERS,
      menu: { label: 'units.title', icon: icons.unit, group: 'buildings' },
    },
  },
  {
    path: '/units/new',
    name: 'unit-new',
    component: () => import('./NewUnitPage.vue'),
    meta: { shell: 'staff', title: 'units.createTitle', within: 'company', requires: EDITORS },
  },
  {
    path: '/units/:id',
    name: 'unit',
    component: () => import('./UnitPage.vue'),
    props: true,
    meta: { shell: 'staff', title: 'units.one', within: 'company', requires: HOME_READERS },
  },
  {
    path: '/units/:id/edit',
    name: 'unit-edit',
    component: () => import('./EditUnitPage.vue'),
    props: true,
    meta: { shell: 'staff', title: 'units.edit', within: 'company', requires: EDITORS },
  },
]
