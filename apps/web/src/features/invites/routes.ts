import type { RouteRecordRaw } from 'vue-router'
import * as icons from '../../ui/icons.ts'
import { EDITORS, HOME_READERS } from '../property/roles.ts'

export const routes: RouteRecordRaw[] = [
  {
    path: '/invites',
    name: 'invites',
    component: () => import('./InvitesPage.vue'),
    meta: {
      shell: 'staff',
      title: 'invites.title',
      within: 'company',
      requires: HOME_READERS,
      menu: { label: 'invites.title', icon: icons.invite, group: 'residents' },
    },
  },
  {
    path: '/invites/new',
    name: 'invite-new',
    component: () => import('./NewInvitePage.vue'),
    meta: { shell: 'staff', title: 'invites.createTitle', within: 'company', requires: EDITORS },
  },
  {
    path: '/invites/many',
    name: 'invites-many',
    component: () => import('./ManyInvitesPage.vue'),
    meta: { shell: 'staff', title: 'invites.many.title', within: 'company', requires: EDITORS },
  },
  {
    path: '/invites/sheet/:buildingId',
    name: 'invite-sheet',
    component: () => import('./InviteSheetPage.vue'),
    props: true,
    meta: { shell: 'staff', title: 'invites.sheet.title', within: 'company', requires: EDITORS },
  },
  {
    path: '/invites/:id',
    name: 'invite',
    component: () => import('./InvitePage.vue'),
    props: true,
    meta: { shell: 'staff', title: 'invites.title', within: 'company', requires: HOME_READERS },
  },
  {
    path: '/invite',
    name: 'accept-invite',
    component: () => import('./AcceptInvitePage.vue'),
    meta: { shell: 'auth', access: 'open', title: 'invites.accept.title' },
  },
]
