import type { RouteRecordRaw } from 'vue-router'
import * as icons from '../../ui/icons.ts'
import { EDITORS } from '../property/roles.ts'

const meta = { shell: 'staff', within: 'company', requires: EDITORS } as const

export const routes: RouteRecordRaw[] = [
  {
    path: '/imports',
    name: 'imports',
    component: () => import('./ImportsPage.vue'),
    meta: {
      ...meta,
      title: 'imports.title',
      menu: { label: 'imports.menu', icon: icons.upload, group: 'buildings' },
    },
  },
  {
    path: '/imports/new',
    alias: '/import',
    name: 'import',
    component: () => import('./NewImportPage.vue'),
    meta: { ...meta, title: 'imports.create' },
  },
  {
    path: '/imports/:id',
    name: 'import-run',
    component: () => import('./ImportPage.vue'),
    props: true,
    meta: { ...meta, title: 'imports.one' },
  },
]
