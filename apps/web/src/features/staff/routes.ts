import type { RouteRecordRaw } from 'vue-router'
import * as icons from '../../ui/icons.ts'
import { EDITORS, STAFF_READERS } from '../property/roles.ts'
import { loadStaffTexts } from '../../i18n/i18n.ts'

/** For who is not in the shell of the staff yet. */
const withStaffTexts = async <Page>(page: Promise<Page>) => {
  await loadStaffTexts()
  return page
}

export const routes: RouteRecordRaw[] = [
  {
    path: '/staff',
    name: 'staff',
    component: () => import('./StaffPage.vue'),
    meta: {
      shell: 'staff',
      title: 'staff.title',
      within: 'company',
      requires: STAFF_READERS,
      menu: { label: 'staff.title', icon: icons.staff, group: 'settings' },
    },
  },
  {
    path: '/staff/invite',
    name: 'staff-invite-new',
    component: () => import('./InviteStaffPage.vue'),
    meta: { shell: 'staff', title: 'staff.inviteTitle', within: 'company', requires: STAFF_READERS },
  },
  {
    path: '/staff/access',
    name: 'staff-access',
    component: () => import('./AccessPage.vue'),
    meta: { shell: 'staff', title: 'staff.access.title', within: 'company', requires: EDITORS },
  },
  {
    path: '/staff/:id',
    name: 'staff-member',
    component: () => import('./MemberPage.vue'),
    props: true,
    meta: { shell: 'staff', title: 'staff.one', within: 'company', requires: STAFF_READERS },
  },
  {
    path: '/staff/:id/edit',
    name: 'staff-member-edit',
    component: () => import('./EditMemberPage.vue'),
    props: true,
    meta: { shell: 'staff', title: 'staff.edit', within: 'company', requires: EDITORS },
  },
  {
    path: '/staff-invite',
    name: 'staff-invite',
    component: () => withStaffTexts(import('./AcceptStaffInvitePage.vue')),
    meta: { shell: 'auth', access: 'open', title: 'staff.accept.title' },
  },
]
