import { buildCompany } from '@servai/db/test/factories'
import { createLimiter } from '@servai/redis/rate-limit'
import { createMetrics } from '@servai/telemetry/metrics'
import { expect, it } from 'vitest'
import { anonymous, as, buildRequest, employ, refusal, services, signIn } from '../../test/callers.ts'
import { outcomesOf } from '../../test/identity.ts'
import { LIMITS } from '../limits.ts'

/** A process of its own: its limits and its counters begin at nothing. */
const newProcess = () => {
  const metrics = createMetrics()
  const onExceeded = (limit: string) => metrics.rateLimitExceeded.inc({ limit })
  return { ...services, metrics, limiter: createLimiter({ redis: null, replicas: 1, onExceeded }) }
}

const operator = async (using: ReturnType<typeof newProcess>) => {
  const { user } = await employ(null, 'platform_admin')
  const { accessToken } = await signIn(user)
  return anonymous({ accessToken, contextKey: 'platform', services: using })
}

it('names every rate as the code at work has it, and the rules as this process is configured', async () => {
  const answer = await (await operator(newProcess())).platform.limits()
  expect(answer.rates.map(({ name, limit, windowSeconds }) => [name, { limit, windowSeconds }])).toEqual(
    Object.entries(LIMITS),
  )
  expect(answer.counting).toEqual({ store: 'memory', replicas: 1 })
  expect(answer.rules).toMatchObject({
    lockout: { failuresBeforeLock: 10, firstLockMinutes: 15, longestLockMinutes: 60, failuresBeforeDisabled: 100 },
    secondFactor: { attemptsPerChallenge: 5, challengeMinutes: 10, totpToleranceSteps: 1, freshProofMinutes: 15 },
    sessions: { accessTokenMinutes: 15, staffLongestHours: 24, staffIdleMinutes: 60, residentLongestDays: 30 },
    passwords: { minCharacters: 12, argon2MemoryKib: 1024, argon2Passes: 1, argon2AtOnce: 2 },
    requests: { jsonBytes: 100_000, callsAtOnce: 10, timeoutSeconds: 30, importBytes: 25_000_000 },
    apiKeys: { keysAtOnce: 20, longestDays: 365, overlapHours: 24, noticeDays: 7 },
    retention: { sessionsDays: 30, tokensDays: 7, auditDays: 90 },
  })
  expect(Date.parse(answer.countedSince)).toBeLessThan(Date.now())
})

it('tells how often each has turned somebody away, and for which reasons', async () => {
  const using = newProcess()
  const caller = await operator(using)
  await outcomesOf(
    Array.from({ length: 65 }, () =>
      anonymous(buildRequest({ accessToken: 'servai_x', address: '10.1.1.1', services: using })).auth.me(),
    ),
  )
  await outcomesOf([anonymous({ services: using }).auth.me()])
  const { rates, refusals } = await caller.platform.limits()
  expect(rates.filter(({ refused }) => refused > 0)).toEqual([
    { name: 'api_key_failure', ...LIMITS.api_key_failure, refused: 5 },
  ])
  expect(refusals).toEqual([
    { reason: 'auth.unauthenticated', count: 61 },
    { reason: 'request.rate_limited', count: 5 },
  ])
})

it('is for the operator alone', async () => {
  const company = await buildCompany()
  for (const role of ['director', 'accountant', 'resident'] as const)
    await expect(as(company, role).platform.limits()).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.forbidden'))
  await expect(as(null, 'platform_accountant').platform.limits()).rejects.toMatchObject(
    refusal('FORBIDDEN', 'auth.forbidden'),
  )
})
