import type { RouteRecordRaw } from 'vue-router'
import { withAccountTexts } from '../../i18n/i18n.ts'

export const routes: RouteRecordRaw[] = [
  {
    path: '/profile/email',
    name: 'change-email',
    component: () => withAccountTexts(import('./EmailPage.vue')),
    meta: { shell: 'own', title: 'account.email.title' },
  },
  {
    path: '/profile/data',
    name: 'personal-data',
    component: () => withAccountTexts(import('./DataPage.vue')),
    meta: { shell: 'own', title: 'account.data.title' },
  },
  {
    path: '/confirm-email',
    name: 'confirm-email',
    component: () => withAccountTexts(import('./ConfirmEmailPage.vue')),
    meta: { shell: 'auth', access: 'open', title: 'account.confirm.title' },
  },
]
