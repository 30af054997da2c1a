import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

const HTTP_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const QUERY_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5]
const HASH_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2]
const JOB_SECONDS = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300]

/** Not Prometheus style (`_total` on a gauge), or, for `process_heap_bytes`, VmData where servAI means the V8 heap. */
const UNWANTED_DEFAULTS = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
  'process_heap_bytes',
]

export type Metrics = ReturnType<typeof createMetrics>

/** A gauge read at each scrape; a source that throws leaves its series out of that scrape. */
export type SampledGauge<Label extends string> = {
  sampleFrom(read: () => number | Promise<number>, labels?: Record<Label, string>): void
}

/** All metrics of one process in a registry of its own; `registry.metrics()` is the text for Prometheus. */
export const createMetrics = () => {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  for (const name of UNWANTED_DEFAULTS) registry.removeSingleMetric(name)

  const counter = <Label extends string = never>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter<Label>({ name, help, labelNames, registers })
  const histogram = <Label extends string = never>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly Label[] = [],
  ) => new Histogram<Label>({ name, help, buckets, labelNames, registers })

  const sampled = <Label extends string = never>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
  ): SampledGauge<Label> => {
    const sources: { read: () => number | Promise<number>; labels: Partial<Record<Label, string>> }[] = []
    const gauge = new Gauge<Label>({
      name,
      help,
      labelNames,
      registers,
      async collect() {
        const values = await Promise.allSettled(sources.map(async ({ read }) => read()))
        gauge.reset()
        if (labelNames.length === 0) gauge.remove()
        for (const [index, { labels }] of sources.entries()) {
          const outcome = values[index]
          if (outcome?.status === 'fulfilled') gauge.set(labels, outcome.value)
        }
      },
    })
    return {
      sampleFrom(read, labels) {
        sources.push({ read, labels: labels ?? {} })
      },
    }
  }

  sampled('process_heap_bytes', 'V8 heap in use, in bytes').sampleFrom(() => process.memoryUsage().heapUsed)
  sampled('process_rss_bytes', 'Resident memory of the process, in bytes').sampleFrom(() => process.memoryUsage.rss())
  sampled('process_uptime_seconds', 'Seconds since the process started').sampleFrom(() => process.uptime())

  return {
    registry,

    httpRequests: counter('http_requests_total', 'HTTP requests answered', ['method', 'route', 'status']),
    httpErrors: counter('http_requests_errors_total', 'HTTP requests answered with 4xx or 5xx', [
      'method',
      'route',
      'status',
    ]),
    httpSeconds: histogram('http_request_duration_seconds', 'Time to answer an HTTP request', HTTP_SECONDS, [
      'method',
      'route',
      'status',
    ]),

    databaseQueries: counter('database_queries_total', 'Statements sent to PostgreSQL', ['pool']),
    databaseErrors: counter('database_errors_total', 'Statements that failed, by SQLSTATE', ['pool', 'code']),
    databaseSeconds: histogram('database_query_duration_seconds', 'Time of one statement', QUERY_SECONDS, ['pool']),
    poolWaiting: sampled('pool_waiting', 'Callers waiting for a database connection', ['pool']),

    invitesCreated: counter('invites_created_total', 'Invites created'),
    invitesAccepted: counter('invites_accepted_total', 'Invites accepted'),
    residentsCreated: counter('residents_created_total', 'Residents created'),

    loginAttempts: counter('auth_login_attempts_total', 'Sign-in attempts'),
    loginFailures: counter('auth_login_failures_total', 'Sign-in attempts that were refused'),
    loginRefusals: counter('auth_login_refusals_total', 'Why sign-ins were refused, which nobody is told', ['why']),
    impersonationsStarted: counter('impersonations_started_total', 'Times somebody began to act as somebody else', [
      'access',
    ]),
    apiKeyFailures: counter('api_key_failures_total', 'Calls with an API key that is unknown, expired or revoked'),
    signInChallenges: counter('auth_challenges_total', 'Challenges: opened, completed, void, refused or locked', [
      'outcome',
    ]),
    secondFactorFailures: counter('auth_second_factor_failures_total', 'Second factors that were refused', [
      'method',
      'why',
    ]),
    recoveryCodesUsed: counter('auth_recovery_codes_used_total', 'Recovery codes spent'),
    stepUpFailures: counter('auth_step_up_failures_total', 'Step-ups that were refused'),
    lockouts: counter('auth_lockouts_total', 'Locks set after too many failures in a row', ['factor']),
    passkeyCopies: counter(
      'auth_passkey_copies_total',
      'Answers refused because the counter of a passkey did not rise: somebody may have copied it',
    ),
    passwordResetRequests: counter('password_reset_requests_total', 'Password resets asked for'),
    verificationsSent: counter('email_verification_sent_total', 'Verification messages issued'),
    refusals: counter(
      'refusals_total',
      'Answers that turned a caller away, by reason: not signed in, not allowed, limited, busy',
      ['reason'],
    ),
    rateLimitExceeded: counter('rate_limit_exceeded_total', 'Calls refused by a rate limit', ['limit']),
    refreshGrace: counter('refresh_grace_total', 'Refreshes answered with the same successor inside the grace window'),
    refreshReuse: counter('refresh_reuse_total', 'Sessions revoked because an old refresh token was presented'),

    hashQueueDepth: sampled('hash_queue_depth', 'Password hashes waiting for a slot', ['lane']),
    hashShed: counter('hash_shed_total', 'Password hashes refused because the queue was full', ['lane']),
    hashSeconds: histogram('hash_seconds', 'Time of one password hash, queueing included', HASH_SECONDS, ['lane']),

    redisFallback: counter('redis_fallback_total', 'Operations done without Redis because it did not answer', [
      'feature',
    ]),
    cacheHits: counter('cache_hits_total', 'Lookups answered by a cache', ['cache']),
    cacheMisses: counter('cache_misses_total', 'Lookups a cache could not answer', ['cache']),

    outboxPending: sampled('outbox_pending', 'Outbox rows neither done nor given up'),
    outboxOldestSeconds: sampled('outbox_oldest_seconds', 'Age of the oldest pending outbox row'),
    jobs: counter('jobs_total', 'Job runs by outcome: done, skipped, retried, dead', ['job', 'outcome']),
    rowsRemoved: counter('cleanup_rows_removed_total', 'Rows that the nightly clean-ups have removed', ['job']),
    auditSealed: counter('audit_rows_sealed_total', 'Rows of the audit log sealed by this worker'),
    auditUnsealed: sampled('audit_unsealed_rows', 'Rows of the audit log that wait for their seal'),
    auditUnsealedSeconds: sampled('audit_unsealed_oldest_seconds', 'Age of the oldest row that waits for its seal'),
    auditVerifiedSeconds: sampled('audit_verified_age_seconds', 'Time since the whole audit log was verified'),
    auditFaults: sampled('audit_faulty_chains', 'Chains of the audit log in which the last verification found a fault'),
    auditDaysAhead: sampled('audit_days_ahead', 'Days until the audit log has no month to write to'),
    jobSeconds: histogram('job_duration_seconds', 'Time of one job run', JOB_SECONDS, ['job']),
  }
}
