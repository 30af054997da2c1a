import { idInput } from '@servai/contract/fields'
import { listMembersInput, member, memberPage, updateMemberInput } from '@servai/contract/staff'
import { companyProcedure, router } from '../../trpc.ts'
import { PROFILE_ACCESS, STAFF_ACCESS } from '../policy.ts'
import { getMember, listMembers, updateMember } from './service.ts'

export const membersRouter = router({
  list: companyProcedure
    .meta({
      access: STAFF_ACCESS,
      rest: { method: 'GET', path: '/staff/members' },
      summary: 'Who works for the company, or in the complexes in the caller’s care, and with which grants',
    })
    .input(listMembersInput)
    .output(memberPage)
    .query(({ ctx, input }) => listMembers(ctx, input)),
  get: companyProcedure
    .meta({
      access: STAFF_ACCESS,
      rest: { method: 'GET', path: '/staff/members/{id}' },
      summary: 'One member of staff',
    })
    .input(idInput)
    .output(member)
    .query(({ ctx, input }) => getMember(ctx, input)),
  update: companyProcedure
    .meta({
      access: PROFILE_ACCESS,
      rest: { method: 'PATCH', path: '/staff/members/{id}' },
      summary: 'Change title, phone and specialisations, if nobody else has since `version`',
    })
    .input(updateMemberInput)
    .output(member)
    .mutation(({ ctx, input }) => updateMember(ctx, input)),
})
