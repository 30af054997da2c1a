import { TRPCClientError } from '@trpc/client'
import { expect, it } from 'vitest'
import { isMissing, reasonOf } from './errors.ts'

it('reads what the server says', () => {
  const data = { reason: 'property.unit_not_found', httpStatus: 404, requestId: 'r-1' }
  const failure = reasonOf(Object.assign(new TRPCClientError('gone'), { data }))
  expect(failure).toEqual({ reason: 'property.unit_not_found', requestId: 'r-1', status: 404, issues: [], counts: {} })
  expect(isMissing(failure)).toBe(true)
})

it.each([
  ['no answer', new TRPCClientError('fetch failed', { cause: new TypeError('fetch failed') }), 'client.unreachable'],
  ['a lost connection', new TypeError('Failed to fetch'), 'client.unreachable'],
  [
    'a reason from a newer server',
    Object.assign(new TRPCClientError('x'), { data: { reason: 'a.b' } }),
    'server.unexpected',
  ],
  ['anything else', new Error('bug'), 'server.unexpected'],
])('explains %s', (_what, error, reason) => expect(reasonOf(error).reason).toBe(reason))
