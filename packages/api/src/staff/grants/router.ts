import { nothing } from '@servai/contract/auth'
import { idInput } from '@servai/contract/fields'
import { createGrantsInput, member, offeredRoles, revokedGrant } from '@servai/contract/staff'
import { companyProcedure, router } from '../../trpc.ts'
import { STAFF_ACCESS } from '../policy.ts'
import { createGrants, offerRoles, revokeGrant } from './service.ts'

export const grantsRouter = router({
  offered: companyProcedure
    .meta({
      access: STAFF_ACCESS,
      rest: { method: 'GET', path: '/staff/grants/offered' },
      summary: 'Roles the caller may hand out, and where',
    })
    .input(nothing)
    .output(offeredRoles)
    .query(({ ctx }) => offerRoles(ctx)),
  create: companyProcedure
    .meta({
      access: STAFF_ACCESS,
      rest: { method: 'POST', path: '/staff/grants' },
      summary: 'Give a member of staff a role in the company or in complexes',
      fresh: true,
    })
    .input(createGrantsInput)
    .output(member)
    .mutation(({ ctx, input }) => createGrants(ctx, input)),
  revoke: companyProcedure
    .meta({
      access: STAFF_ACCESS,
      rest: { method: 'DELETE', path: '/staff/grants/{id}' },
      summary: 'Take a role away; the next request of the account is without it',
      fresh: true,
    })
    .input(idInput)
    .output(revokedGrant)
    .mutation(({ ctx, input }) => revokeGrant(ctx, input)),
})
