import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  {
    path: '/profile/email',
    name: 'change-email',
    component: () => import('./EmailPage.vue'),
    meta: { shell: 'own', title: 'account.email.title' },
  },
  {
    path: '/profile/data',
    name: 'personal-data',
    component: () => import('./DataPage.vue'),
    meta: { shell: 'own', title: 'account.data.title' },
  },
  {
    path: '/confirm-email',
    name: 'confirm-email',
    component: () => import('./ConfirmEmailPage.vue'),
    meta: { shell: 'auth', access: 'open', title: 'account.confirm.title' },
  },
]
