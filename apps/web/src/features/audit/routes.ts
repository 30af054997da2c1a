import type { RouteRecordRaw } from 'vue-router'
import * as icons from '../../ui/icons.ts'
import { RESPONSIBLE } from '../property/roles.ts'

export const routes: RouteRecordRaw[] = [
  {
    path: '/audit',
    name: 'audit',
    component: () => import('./AuditPage.vue'),
    meta: {
      shell: 'staff',
      title: 'audit.title',
      requires: RESPONSIBLE,
      menu: { label: 'audit.title', icon: icons.auditLog, group: 'settings' },
    },
  },
]
