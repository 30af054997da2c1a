import { z } from 'zod'
import { instant } from './fields.ts'

/** Every rule that is no rate, in the order it is read; the unit stands last in its key. */
export const RULE_GROUPS = {
  lockout: ['failuresBeforeLock', 'firstLockMinutes', 'longestLockMinutes', 'failuresBeforeDisabled'],
  secondFactor: [
    'attemptsPerChallenge',
    'challengeMinutes',
    'totpStepSeconds',
    'totpToleranceSteps',
    'totpSetupMinutes',
    'recoveryCodes',
    'trustedBrowserDays',
    'freshProofMinutes',
  ],
  sessions: [
    'accessTokenMinutes',
    'refreshGraceSeconds',
    'staffLongestHours',
    'staffIdleMinutes',
    'residentLongestDays',
    'residentIdleDays',
    'sessionsAtOnce',
    'impersonationMinutes',
  ],
  passwords: ['minCharacters', 'maxBytes', 'argon2MemoryKib', 'argon2Passes', 'argon2AtOnce'],
  requests: ['jsonBytes', 'callsAtOnce', 'timeoutSeconds', 'importBytes', 'importRows'],
  apiKeys: ['keysAtOnce', 'longestDays', 'overlapHours', 'noticeDays'],
  retention: ['outboxDays', 'tokensDays', 'sessionsDays', 'invitesDays', 'eventsDays', 'auditDays'],
} as const

export type RuleGroup = keyof typeof RULE_GROUPS
export type RuleKey<G extends RuleGroup = RuleGroup> = (typeof RULE_GROUPS)[G][number]
export type Rules = { [G in RuleGroup]: Record<RuleKey<G>, number> }

// Object.keys forgets the key type that `as const` has proved.
export const RULE_GROUP_NAMES = Object.keys(RULE_GROUPS) as RuleGroup[]

const count = z.int().min(0)
const group = <Key extends string>(keys: readonly Key[]) =>
  // The keys are those given.
  z.strictObject(Object.fromEntries(keys.map((key) => [key, count])) as Record<Key, typeof count>)

export const platformLimits = z.strictObject({
  /** Since when refusals are counted: the start of the server that answers. */
  countedSince: instant,
  counting: z.strictObject({
    /** `memory`: each server counts its share alone. */
    store: z.enum(['redis', 'memory']),
    replicas: z.int().min(1),
  }),
  /** Calls per window, for whoever the limit is counted for. */
  rates: z.array(z.strictObject({ name: z.string(), limit: count, windowSeconds: count, refused: count })),
  rules: z.strictObject({
    lockout: group(RULE_GROUPS.lockout),
    secondFactor: group(RULE_GROUPS.secondFactor),
    sessions: group(RULE_GROUPS.sessions),
    passwords: group(RULE_GROUPS.passwords),
    requests: group(RULE_GROUPS.requests),
    apiKeys: group(RULE_GROUPS.apiKeys),
    retention: group(RULE_GROUPS.retention),
  }),
  /** Answers that turned somebody away, by reason, the most frequent first. */
  refusals: z.array(z.strictObject({ reason: z.string(), count })),
})

export type PlatformLimits = z.output<typeof platformLimits>
