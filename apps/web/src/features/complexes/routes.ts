import type { RouteRecordRaw } from 'vue-router'
import * as icons from '../../ui/icons.ts'
import { EDITORS, OWNERS, REGISTRY_READERS } from '../property/roles.ts'

export const routes: RouteRecordRaw[] = [
  {
    path: '/complexes',
    name: 'complexes',
    component: () => import('./ComplexesPage.vue'),
    meta: {
      shell: 'staff',
      title: 'complexes.title',
      within: 'company',
      requires: REGISTRY_READERS,
      menu: { label: 'complexes.title', icon: icons.complex, group: 'buildings' },
    },
  },
  {
    path: '/complexes/new',
    name: 'complex-new',
    component: () => import('./NewComplexPage.vue'),
    meta: { shell: 'staff', title: 'complexes.createTitle', within: 'company', requires: OWNERS },
  },
  {
    path: '/complexes/:id',
    name: 'complex',
    component: () => import('./ComplexPage.vue'),
    props: true,
    meta: { shell: 'staff', title: 'complexes.one', within: 'company', requires: REGISTRY_READERS },
  },
  {
    path: '/complexes/:id/edit',
    name: 'complex-edit',
    component: () => import('./EditComplexPage.vue'),
    props: true,
    meta: { shell: 'staff', title: 'complexes.edit', within: 'company', requires: EDITORS },
  },
]
