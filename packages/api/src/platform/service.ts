import type { z } from 'zod'
import { MAX_PASSWORD_BYTES } from '@servai/auth/password-policy'
import { STEP_SECONDS, TOLERANCE } from '@servai/auth/totp'
import { API_KEY_DAYS, API_KEY_NOTICE_DAYS, API_KEY_OVERLAP_HOURS, API_KEYS_AT_ONCE } from '@servai/contract/api-keys'
import { IMPORT_LIMITS } from '@servai/contract/imports'
import type { platformLimits, Rules } from '@servai/contract/platform-limits'
import { RETENTION_DAYS } from '@servai/db/cleanup'
import { LIFETIME_MINUTES as IMPERSONATION_MINUTES } from '../accounts/impersonations/service.ts'
import { FRESH_MS } from '../actor.ts'
import { ATTEMPTS, LIFETIME_SECONDS } from '../auth/challenges/service.ts'
import { CODES_AT_ONCE } from '../auth/recovery-codes/service.ts'
import {
  FAILURES_BEFORE_DISABLED,
  FAILURES_BEFORE_LOCK,
  FIRST_LOCK_MINUTES,
  LONGEST_LOCK_MINUTES,
} from '../auth/throttle/service.ts'
import { PENDING_MINUTES } from '../auth/totp/service.ts'
import { TRUSTED_FOR_DAYS } from '../auth/trusted-devices/service.ts'
import type { Services } from '../context.ts'
import { LIMITS } from '../limits.ts'

const [MINUTE, HOUR, DAY] = [60, 3_600, 86_400]

/** What is configured or fixed, as the code at work has it: nothing here is written down a second time. */
const rulesOf = ({ config, accessTokens }: Pick<Services, 'config' | 'accessTokens'>): Rules => {
  const { sessions, hashing, requests } = config
  return {
    lockout: {
      failuresBeforeLock: FAILURES_BEFORE_LOCK,
      firstLockMinutes: FIRST_LOCK_MINUTES,
      longestLockMinutes: LONGEST_LOCK_MINUTES,
      failuresBeforeDisabled: FAILURES_BEFORE_DISABLED,
    },
    secondFactor: {
      attemptsPerChallenge: ATTEMPTS,
      challengeMinutes: LIFETIME_SECONDS / MINUTE,
      totpStepSeconds: STEP_SECONDS,
      totpToleranceSteps: TOLERANCE,
      totpSetupMinutes: PENDING_MINUTES,
      recoveryCodes: CODES_AT_ONCE,
      trustedBrowserDays: TRUSTED_FOR_DAYS,
      freshProofMinutes: FRESH_MS / 1000 / MINUTE,
    },
    sessions: {
      accessTokenMinutes: accessTokens.ttlSeconds / MINUTE,
      refreshGraceSeconds: config.refreshGraceMs / 1000,
      staffLongestHours: sessions.staff.absoluteSeconds / HOUR,
      staffIdleMinutes: sessions.staff.idleSeconds / MINUTE,
      residentLongestDays: sessions.resident.absoluteSeconds / DAY,
      residentIdleDays: sessions.resident.idleSeconds / DAY,
      sessionsAtOnce: config.maxSessionsPerUser,
      impersonationMinutes: IMPERSONATION_MINUTES,
    },
    passwords: {
      minCharacters: config.passwordMinLength,
      maxBytes: MAX_PASSWORD_BYTES,
      argon2MemoryKib: hashing.memoryKiB,
      argon2Passes: hashing.timeCost,
      argon2AtOnce: hashing.lanes,
    },
    requests: {
      jsonBytes: requests.jsonBytes,
      callsAtOnce: requests.callsAtOnce,
      timeoutSeconds: requests.timeoutMs / 1000,
      importBytes: IMPORT_LIMITS.bytes,
      importRows: IMPORT_LIMITS.rows,
    },
    apiKeys: {
      keysAtOnce: API_KEYS_AT_ONCE,
      longestDays: API_KEY_DAYS.max,
      overlapHours: API_KEY_OVERLAP_HOURS,
      noticeDays: API_KEY_NOTICE_DAYS,
    },
    retention: { ...RETENTION_DAYS, auditDays: config.auditRetentionDays },
  }
}

type Labelled = { values: { value: number; labels: Partial<Record<string, string | number>> }[] }

/** What a counter of this process has counted, by the value of one label. */
const countsBy = ({ values }: Labelled, label: string) =>
  values.map(({ value, labels }) => ({ key: String(labels[label]), count: value }))

/** The rules in force, with what they have turned away since this process started. */
export const readLimits = async ({
  services,
}: {
  services: Pick<Services, 'config' | 'accessTokens' | 'metrics' | 'now'>
}): Promise<z.input<typeof platformLimits>> => {
  const { config, metrics, now } = services
  const exceeded = countsBy(await metrics.rateLimitExceeded.get(), 'limit')
  const refusals = countsBy(await metrics.refusals.get(), 'reason')
  return {
    countedSince: new Date(now().getTime() - process.uptime() * 1000),
    counting: config.counting,
    rates: Object.entries(LIMITS).map(([name, { limit, windowSeconds }]) => ({
      name,
      limit,
      windowSeconds,
      refused: exceeded.find(({ key }) => key === name)?.count ?? 0,
    })),
    rules: rulesOf(services),
    refusals: refusals
      .map(({ key: reason, count }) => ({ reason, count }))
      .sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason)),
  }
}
