import { idInput } from '@servai/contract/fields'
import {
  acceptedInvite,
  adoptInvitesInput,
  createInviteInput,
  createInvitesInput,
  invitePage,
  invitePlan,
  invitePreview,
  invitesAdopted,
  invitesCreated,
  inviteSheet,
  inviteSheetInput,
  inviteTokenInput,
  inviteUsePage,
  inviteWithLink,
  listInvitesInput,
  listInviteUsesInput,
  planInvitesInput,
} from '@servai/contract/invites'
import { accountProcedure, companyProcedure, publicProcedure, router } from '../../trpc.ts'
import { acceptInvite, listInviteUses, previewInvite } from '../invite-acceptance/service.ts'
import { adoptInvites, createInvites, planInvites, readSheet } from '../invite-batches/service.ts'
import { INVITE_ACCESS } from './policy.ts'
import { createInvite, getInvite, listInvites, mailInvite, revokeInvite } from './service.ts'

export const invitesRouter = router({
  list: companyProcedure
    .meta({
      access: INVITE_ACCESS.read,
      rest: { method: 'GET', path: '/property/invites' },
      summary: 'Ways into homes: those in the care of staff, or those a resident made for the family',
    })
    .input(listInvitesInput)
    .output(invitePage)
    .query(({ ctx, input }) => listInvites(ctx, input)),
  get: companyProcedure
    .meta({
      access: INVITE_ACCESS.read,
      rest: { method: 'GET', path: '/property/invites/{id}' },
      summary: 'One invite, with its link for who may let people in',
    })
    .input(idInput)
    .output(inviteWithLink)
    .query(({ ctx, input }) => getInvite(ctx, input)),
  uses: companyProcedure
    .meta({
      access: INVITE_ACCESS.read,
      rest: { method: 'GET', path: '/property/invites/{id}/uses' },
      summary: 'Who came in by an invite, and when',
    })
    .input(listInviteUsesInput)
    .output(inviteUsePage)
    .query(({ ctx, input }) => listInviteUses(ctx, input)),
  create: companyProcedure
    .meta({
      access: INVITE_ACCESS.invite,
      rest: { method: 'POST', path: '/property/invites' },
      summary: 'Make a way into a unit; residents who own it invite their family',
    })
    .input(createInviteInput)
    .output(inviteWithLink)
    .mutation(({ ctx, input }) => createInvite(ctx, input)),
  revoke: companyProcedure
    .meta({
      access: INVITE_ACCESS.invite,
      rest: { method: 'POST', path: '/property/invites/{id}/revoke' },
      summary: 'Make a link worthless at once',
    })
    .input(idInput)
    .output(inviteWithLink)
    .mutation(({ ctx, input }) => revokeInvite(ctx, input)),
  adopt: companyProcedure
    .meta({
      access: INVITE_ACCESS.edit,
      rest: { method: 'POST', path: '/property/invites/adopt' },
      summary: 'Take over invites of staff who may not invite there any more, so that their links go on',
    })
    .input(adoptInvitesInput)
    .output(invitesAdopted)
    .mutation(({ ctx, input }) => adoptInvites(ctx, input)),
  mail: companyProcedure
    .meta({
      access: INVITE_ACCESS.edit,
      rest: { method: 'POST', path: '/property/invites/{id}/mail' },
      summary: 'Send the link to the person it is for',
    })
    .input(idInput)
    .output(inviteWithLink)
    .mutation(({ ctx, input }) => mailInvite(ctx, input)),
  plan: companyProcedure
    .meta({
      access: INVITE_ACCESS.edit,
      rest: { method: 'GET', path: '/property/invite-batches' },
      summary: 'How many invites a batch for a complex, building or entrance would make',
    })
    .input(planInvitesInput)
    .output(invitePlan)
    .query(({ ctx, input }) => planInvites(ctx, input)),
  bulkCreate: companyProcedure
    .meta({
      access: INVITE_ACCESS.edit,
      rest: { method: 'POST', path: '/property/invite-batches' },
      summary: 'Make one invite for each unit that has none and where nobody has an account',
    })
    .input(createInvitesInput)
    .output(invitesCreated)
    .mutation(({ ctx, input }) => createInvites(ctx, input)),
  sheet: companyProcedure
    .meta({
      access: INVITE_ACCESS.edit,
      rest: { method: 'GET', path: '/property/invite-sheets/{buildingId}' },
      summary: 'The invites of a building or an entrance, to print a slip for each unit',
    })
    .input(inviteSheetInput)
    .output(inviteSheet)
    .query(({ ctx, input }) => readSheet(ctx, input)),

  // A mutation, because the input of a query would put the token into the URL.
  preview: publicProcedure
    .meta({
      rest: { method: 'POST', path: '/invites/preview' },
      summary: 'Where an invite leads; the answer is the same for every token that is not valid',
      alone: true,
    })
    .input(inviteTokenInput)
    .output(invitePreview)
    .mutation(({ ctx, input }) => previewInvite(ctx, input.token)),
  accept: accountProcedure
    .meta({
      rest: { method: 'POST', path: '/invites/accept' },
      summary: 'Add the home of an invite to the account',
      alone: true,
    })
    .input(inviteTokenInput)
    .output(acceptedInvite)
    .mutation(({ ctx, input }) => acceptInvite(ctx, input.token)),
})
