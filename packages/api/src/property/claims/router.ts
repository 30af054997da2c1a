import {
  approveClaimInput,
  claim,
  claimPage,
  createClaimInput,
  declineClaimInput,
  directory,
  directoryInput,
  listClaimsInput,
  listOwnClaimsInput,
  ownClaim,
  ownClaimPage,
  pendingClaims,
} from '@servai/contract/claims'
import { nothing } from '@servai/contract/auth'
import { idInput } from '@servai/contract/fields'
import { accountProcedure, companyProcedure, router } from '../../trpc.ts'
import { createClaim, findComplexes, listOwnClaims, withdrawClaim } from '../own-claims/service.ts'
import { CLAIM_ACCESS } from './policy.ts'
import { approveClaim, countPending, declineClaim, getClaim, listClaims } from './service.ts'

export const claimsRouter = router({
  complexes: accountProcedure
    .meta({ rest: { method: 'GET', path: '/claims/complexes' }, summary: 'Find the complex to ask for a home in' })
    .input(directoryInput)
    .output(directory)
    .query(async ({ ctx, input }) => ({ items: await findComplexes(ctx, input.q) })),
  create: accountProcedure
    .meta({ rest: { method: 'POST', path: '/claims' }, summary: 'Ask for a home without an invite', alone: true })
    .input(createClaimInput)
    .output(ownClaim)
    .mutation(({ ctx, input }) => createClaim(ctx, input)),
  mine: accountProcedure
    .meta({ rest: { method: 'GET', path: '/claims' }, summary: 'What one has asked for, in all companies' })
    .input(listOwnClaimsInput)
    .output(ownClaimPage)
    .query(({ ctx, input }) => listOwnClaims(ctx, input)),
  withdraw: accountProcedure
    .meta({ rest: { method: 'POST', path: '/claims/{id}/withdraw' }, summary: 'Take a claim back' })
    .input(idInput)
    .output(ownClaim)
    .mutation(({ ctx, input }) => withdrawClaim(ctx, input)),

  list: companyProcedure
    .meta({
      access: CLAIM_ACCESS,
      rest: { method: 'GET', path: '/property/claims' },
      summary: 'Who asks for a home, what waits first',
    })
    .input(listClaimsInput)
    .output(claimPage)
    .query(({ ctx, input }) => listClaims(ctx, input)),
  get: companyProcedure
    .meta({
      access: CLAIM_ACCESS,
      rest: { method: 'GET', path: '/property/claims/{id}' },
      summary: 'One claim',
    })
    .input(idInput)
    .output(claim)
    .query(({ ctx, input }) => getClaim(ctx, input)),
  pending: companyProcedure
    .meta({
      access: CLAIM_ACCESS,
      rest: { method: 'GET', path: '/property/pending-claims' },
      summary: 'How many claims wait for a decision',
    })
    .input(nothing)
    .output(pendingClaims)
    .query(({ ctx }) => countPending(ctx)),
  approve: companyProcedure
    .meta({
      access: CLAIM_ACCESS,
      rest: { method: 'POST', path: '/property/claims/{id}/approve' },
      summary: 'Let the claimant into a unit',
    })
    .input(approveClaimInput)
    .output(claim)
    .mutation(({ ctx, input }) => approveClaim(ctx, input)),
  decline: companyProcedure
    .meta({
      access: CLAIM_ACCESS,
      rest: { method: 'POST', path: '/property/claims/{id}/decline' },
      summary: 'Refuse a claim, with a word to the claimant',
    })
    .input(declineClaimInput)
    .output(claim)
    .mutation(({ ctx, input }) => declineClaim(ctx, input)),
})
