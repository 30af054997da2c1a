import type { RouteRecordRaw } from 'vue-router'
import { withAccountTexts } from '../../i18n/i18n.ts'
import * as icons from '../../ui/icons.ts'

export const routes: RouteRecordRaw[] = [
  {
    path: '/sign-in',
    name: 'sign-in',
    component: () => withAccountTexts(import('./SignInPage.vue')),
    meta: { shell: 'auth', access: 'guest', title: 'auth.signIn.title' },
  },
  {
    path: '/register',
    name: 'register',
    component: () => import('./RegisterPage.vue'),
    meta: { shell: 'auth', access: 'guest', title: 'auth.register.title' },
  },
  {
    path: '/profile',
    name: 'profile',
    component: () => withAccountTexts(import('./ProfilePage.vue')),
    meta: { shell: 'own', title: 'auth.profile.title', menu: { label: 'auth.profile.title', icon: icons.person } },
  },
  {
    path: '/profile/security',
    name: 'security',
    component: () => withAccountTexts(import('./SecurityPage.vue')),
    meta: { shell: 'own', title: 'security.title' },
  },
  {
    path: '/profile/security/app',
    name: 'second-factor',
    component: () => withAccountTexts(import('./SecondFactorPage.vue')),
    meta: { shell: 'own', title: 'security.app.title' },
  },
  {
    path: '/profile/security/recovery-codes',
    name: 'recovery-codes',
    component: () => withAccountTexts(import('./RecoveryCodesPage.vue')),
    meta: { shell: 'own', title: 'security.codes.title' },
  },
  {
    path: '/profile/password',
    name: 'change-password',
    component: () => import('./ChangePasswordPage.vue'),
    meta: { shell: 'own', title: 'auth.changePassword.title' },
  },
  {
    path: '/profile/devices',
    name: 'devices',
    component: () => import('./DevicesPage.vue'),
    meta: { shell: 'own', title: 'auth.devices.title' },
  },
]
