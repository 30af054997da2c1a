import { done, idInput } from '@servai/contract/fields'
import {
  acceptedStaffInvite,
  createStaffInviteInput,
  listStaffInvitesInput,
  staffInvite,
  staffInvitePage,
  staffInvitePreview,
  staffInviteToken,
} from '@servai/contract/staff'
import { accountProcedure, companyProcedure, publicProcedure, router } from '../../trpc.ts'
import { acceptStaffInvite, previewStaffInvite } from '../invite-acceptance/service.ts'
import { STAFF_ACCESS } from '../policy.ts'
import { createStaffInvite, listStaffInvites, resendStaffInvite, revokeStaffInvite } from './service.ts'

export const invitesRouter = router({
  list: companyProcedure
    .meta({
      access: STAFF_ACCESS,
      rest: { method: 'GET', path: '/staff/invites' },
      summary: 'Invites to the staff that nobody has accepted yet',
    })
    .input(listStaffInvitesInput)
    .output(staffInvitePage)
    .query(({ ctx, input }) => listStaffInvites(ctx, input)),
  create: companyProcedure
    .meta({
      access: STAFF_ACCESS,
      rest: { method: 'POST', path: '/staff/invites' },
      summary: 'Invite somebody to the staff by e-mail',
      fresh: true,
    })
    .input(createStaffInviteInput)
    .output(staffInvite)
    .mutation(({ ctx, input }) => createStaffInvite(ctx, input)),
  resend: companyProcedure
    .meta({
      access: STAFF_ACCESS,
      rest: { method: 'POST', path: '/staff/invites/{id}/resend' },
      summary: 'Send a new link, which replaces the one before',
      fresh: true,
    })
    .input(idInput)
    .output(staffInvite)
    .mutation(({ ctx, input }) => resendStaffInvite(ctx, input)),
  revoke: companyProcedure
    .meta({
      access: STAFF_ACCESS,
      rest: { method: 'DELETE', path: '/staff/invites/{id}' },
      summary: 'Withdraw an invite',
    })
    .input(idInput)
    .output(done)
    .mutation(({ ctx, input }) => revokeStaffInvite(ctx, input)),
  preview: publicProcedure
    .meta({
      rest: { method: 'POST', path: '/staff/invites/preview' },
      summary: 'What the invite of a link offers',
      alone: true,
    })
    .input(staffInviteToken)
    .output(staffInvitePreview)
    .mutation(({ ctx, input }) => previewStaffInvite(ctx, input.token)),
  accept: accountProcedure
    .meta({
      rest: { method: 'POST', path: '/staff/invites/accept' },
      summary: 'Join the staff, as the account that has proved the address of the invite',
      alone: true,
    })
    .input(staffInviteToken)
    .output(acceptedStaffInvite)
    .mutation(({ ctx, input }) => acceptStaffInvite(ctx, ctx.principal, input.token)),
})
