import type { RouteRecordRaw } from 'vue-router'
import * as icons from '../../ui/icons.ts'
import { FOUNDERS, OWNERS, PLATFORM } from '../property/roles.ts'

export const routes: RouteRecordRaw[] = [
  {
    path: '/companies',
    name: 'companies',
    component: () => import('./CompaniesPage.vue'),
    meta: {
      shell: 'staff',
      title: 'companies.title',
      within: 'platform',
      requires: PLATFORM,
      menu: { label: 'companies.title', icon: icons.company },
    },
  },
  {
    path: '/companies/new',
    name: 'company-new',
    component: () => import('./NewCompanyPage.vue'),
    meta: { shell: 'staff', title: 'companies.createTitle', within: 'platform', requires: FOUNDERS },
  },
  {
    path: '/companies/:id',
    name: 'company',
    component: () => import('./CompanyPage.vue'),
    props: true,
    meta: { shell: 'staff', title: 'companies.one', within: 'platform', requires: PLATFORM },
  },
  {
    path: '/companies/:id/edit',
    name: 'company-edit',
    component: () => import('./EditCompanyPage.vue'),
    props: true,
    meta: { shell: 'staff', title: 'companies.edit', within: 'platform', requires: FOUNDERS },
  },
  {
    path: '/settings/company',
    name: 'own-company-edit',
    component: () => import('./EditOwnCompanyPage.vue'),
    meta: { shell: 'staff', title: 'companies.edit', within: 'company', requires: OWNERS },
  },
]
