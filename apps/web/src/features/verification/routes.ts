import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  {
    path: '/verify-email',
    name: 'verify-email',
    component: () => import('./VerifyEmailPage.vue'),
    meta: { shell: 'auth', access: 'open', title: 'verification.verify.title' },
  },
  {
    path: '/check-mailbox',
    name: 'mailbox',
    component: () => import('./MailboxPage.vue'),
    meta: { shell: 'auth', access: 'unverified', title: 'verification.mailbox.title' },
  },
]
