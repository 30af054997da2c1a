import {
  apiKeyPage,
  createApiKeyInput,
  createdApiKey,
  listApiKeysInput,
  offeredApiKeyRoles,
  rotateApiKeyInput,
} from '@servai/contract/api-keys'
import { nothing } from '@servai/contract/auth'
import { done, idInput } from '@servai/contract/fields'
import { companyProcedure, router } from '../trpc.ts'
import { API_KEY_ACCESS } from './policy.ts'
import { createApiKey, listApiKeys, offerApiKeyRoles, revokeApiKey, rotateApiKey } from './service.ts'

export const apiKeysRouter = router({
  list: companyProcedure
    .meta({
      access: API_KEY_ACCESS,
      rest: { method: 'GET', path: '/api-keys' },
      summary: 'The keys of the caller, or, for a director, of the whole company',
      oneself: true,
    })
    .input(listApiKeysInput)
    .output(apiKeyPage)
    .query(({ ctx, input }) => listApiKeys(ctx, input)),
  offered: companyProcedure
    .meta({
      access: API_KEY_ACCESS,
      rest: { method: 'GET', path: '/api-keys/offered' },
      summary: 'The roles a new key of the caller can act in',
      oneself: true,
    })
    .input(nothing)
    .output(offeredApiKeyRoles)
    .query(({ ctx }) => offerApiKeyRoles(ctx)),
  create: companyProcedure
    .meta({
      access: API_KEY_ACCESS,
      rest: { method: 'POST', path: '/api-keys' },
      summary: 'Make a key for a program; this answer alone holds it',
      fresh: true,
    })
    .input(createApiKeyInput)
    .output(createdApiKey)
    .mutation(({ ctx, input }) => createApiKey(ctx, input)),
  rotate: companyProcedure
    .meta({
      access: API_KEY_ACCESS,
      rest: { method: 'POST', path: '/api-keys/{id}/rotate' },
      summary: 'Make a key in place of this one, which goes on working for 24 hours',
      fresh: true,
    })
    .input(rotateApiKeyInput)
    .output(createdApiKey)
    .mutation(({ ctx, input }) => rotateApiKey(ctx, input)),
  revoke: companyProcedure
    .meta({
      access: API_KEY_ACCESS,
      rest: { method: 'DELETE', path: '/api-keys/{id}' },
      summary: 'End a key at once: one’s own, or, as a director, anybody’s of the company',
      whileBlocked: true,
      oneself: true,
    })
    .input(idInput)
    .output(done)
    .mutation(({ ctx, input }) => revokeApiKey(ctx, input)),
})
