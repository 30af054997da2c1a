import { setTimeout as sleep } from 'node:timers/promises'
import { cleanUp, CLEANUPS, type CleanupName } from '@servai/db/cleanup'
import { finishTurn, holdTurn, lastDue, renewTurn } from '@servai/db/schedule'
import { createLogger } from '@servai/telemetry/log'
import { createMetrics } from '@servai/telemetry/metrics'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDaily, type DailyJob } from '../src/daily.ts'
import { openStage, until } from './stage.ts'

let stage: Awaited<ReturnType<typeof openStage>>
beforeAll(async () => {
  stage = await openStage('postgres')
})
afterAll(() => stage.close())

const count = async (table: string) => {
  const [row] = await stage.sql<{ n: number }[]>`select count(*)::int as n from ${stage.sql(table)}`
  return row!.n
}

const addUser = async () => {
  const [user] = await stage.sql<{ id: string }[]>`
    insert into users (id, email, email_key, first_name, last_name, locale)
    select id, id || '@homes.example', id || '@homes.example', 'Ana', 'Petrova', 'bg' from gen_random_uuid() id returning id`
  return user!.id
}

const addTokens = (userId: string, howMany: number, expired: string) => stage.sql`
  insert into auth_tokens (id, user_id, purpose, nonce, key_id, token_hash, email_key, expires_at, voided_at)
  select gen_random_uuid(), ${userId}, 'verify_email', 'n', 'k1', gen_random_uuid()::text, 'a', now() - ${expired}::text::interval, now()
  from generate_series(1, ${howMany})`

const addSession = (userId: string, { expires, revoked }: { expires: string; revoked?: string }) => stage.sql`
  insert into sessions (id, user_id, delivery, nonce, key_id, expires_at, idle_seconds, address_prefix, user_agent, revoked_at, revoked_reason)
  values (gen_random_uuid(), ${userId}, 'body', 'n', 'k1', now() + ${expires}::text::interval, 60, '::', '',
    now() - ${revoked ?? null}::text::interval, ${revoked ? 'logout' : null})`

describe('a clean-up', () => {
  it('removes tokens a week after they expired, a thousand in a transaction, with a pause between', async () => {
    const userId = await addUser()
    await addTokens(userId, 2_500, '8 days')
    await addTokens(userId, 3, '6 days')
    const [before] = await stage.sql<{ n: string }[]>`select pg_current_xact_id()::text as n`
    const began = performance.now()
    expect(await cleanUp(stage.database, 'tokens')).toBe(2_500)
    expect(performance.now() - began).toBeGreaterThan(200)
    const [after] = await stage.sql<{ n: string }[]>`select pg_current_xact_id()::text as n`
    expect(Number(after!.n) - Number(before!.n)).toBeGreaterThanOrEqual(3)
    expect(await count('auth_tokens')).toBe(3)
    await stage.sql`delete from auth_tokens`
  })

  it('keeps sessions that somebody is in, and those that ended lately', async () => {
    const userId = await addUser()
    await addSession(userId, { expires: '1 day' })
    await addSession(userId, { expires: '1 day', revoked: '29 days' })
    await addSession(userId, { expires: '-29 days' })
    await addSession(userId, { expires: '1 day', revoked: '31 days' })
    await addSession(userId, { expires: '-31 days' })
    expect(await cleanUp(stage.database, 'sessions')).toBe(2)
    expect(await count('sessions')).toBe(3)
    await stage.sql`delete from sessions`
  })

  it('leaves rows alone that somebody works on, instead of waiting', async () => {
    const userId = await addUser()
    await addTokens(userId, 5, '8 days')
    const other = postgres(stage.systemUrl, { max: 1, onnotice: () => {} })
    await other.begin(async (tx) => {
      await tx`select id from auth_tokens order by id limit 2 for update`
      expect(await cleanUp(stage.database, 'tokens')).toBe(3)
    })
    await other.end()
    expect(await cleanUp(stage.database, 'tokens')).toBe(2)
  })

  it('remembers a password that is disabled, and forgets failures of long ago', async () => {
    await stage.sql`
      insert into login_throttle (identifier_hash, failures, locked_until, updated_at) values
        ('disabled', 100, null, now() - interval '200 days'),
        ('few', 3, null, now() - interval '91 days'),
        ('recent', 3, null, now() - interval '89 days')`
    expect(await cleanUp(stage.database, 'tokens')).toBe(1)
    const rows = await stage.sql<{ who: string }[]>`select identifier_hash as who from login_throttle order by 1`
    expect(rows.map(({ who }) => who)).toEqual(['disabled', 'recent'])
  })

  it.each(Object.keys(CLEANUPS) as CleanupName[])('%s finds every table and column it names', async (name) => {
    await expect(cleanUp(stage.database, name)).resolves.toBeTypeOf('number')
  })

  it('stops between two batches when it is told to', async () => {
    const userId = await addUser()
    await addTokens(userId, 30, '8 days')
    let asked = 0
    const removed = await cleanUp(stage.database, 'tokens', { batch: 10, pauseMs: 1, goesOn: () => ++asked <= 2 })
    expect(removed).toBe(20)
    await stage.sql`delete from auth_tokens`
  })
})

describe('the schedule', () => {
  const job = (name: string, run: DailyJob['run']): DailyJob => ({ name, at: '00:00', run })
  const start = (jobs: DailyJob[], everyMs = 20) =>
    startDaily({
      database: stage.database,
      log: createLogger({ level: 'silent', service: 'test' }),
      metrics: createMetrics(),
      jobs,
      everyMs,
    })

  it('is due once a day, also for who was not there at the time', () => {
    expect(lastDue('02:00', new Date('2026-03-02T01:59:59Z'))).toEqual(new Date('2026-03-01T02:00:00Z'))
    expect(lastDue('02:00', new Date('2026-03-02T02:00:00Z'))).toEqual(new Date('2026-03-02T02:00:00Z'))
    expect(lastDue('23:30', new Date('2026-03-02T12:00:00Z'))).toEqual(new Date('2026-03-01T23:30:00Z'))
  })

  it('gives a turn to one of fifty that ask at once, twenty times over', async () => {
    for (let round = 0; round < 20; round++) {
      const turn = { job: `race-${round}`, dueAt: new Date('2026-03-01T02:00:00Z') }
      const held = await Promise.all(Array.from({ length: 50 }, () => holdTurn(stage.database, turn, 60_000)))
      expect(held.filter((each) => each !== null)).toHaveLength(1)
    }
  })

  it('runs a job once on two workers that look all the time', async () => {
    let runs = 0
    const once = job('once', async () => {
      runs++
      await sleep(100)
      return 7
    })
    const workers = [start([once]), start([once])]
    await sleep(500)
    await Promise.all(workers.map((worker) => worker.stop()))
    expect(runs).toBe(1)
    const [row] =
      await stage.sql`select rows_removed, finished_at is not null as done from scheduled_runs where job = 'once'`
    expect(row).toEqual({ rows_removed: 7, done: true })
  })

  it('hands the turn of a worker that died to another, and the first, when it wakes up, notices', async () => {
    const turn = { job: 'orphan', dueAt: new Date('2026-03-01T02:00:00Z') }
    const first = await holdTurn(stage.database, turn, 60_000)
    expect(await holdTurn(stage.database, turn, 60_000)).toBeNull()
    await stage.sql`update scheduled_runs set held_until = now() - interval '1 second' where job = 'orphan'`
    const second = await holdTurn(stage.database, turn, 60_000)
    expect(second).not.toBeNull()
    expect(await renewTurn(stage.database, first!, 60_000)).toBe(false)
    expect(await renewTurn(stage.database, second!, 60_000)).toBe(true)
    await finishTurn(stage.database, first!, 99)
    expect(await renewTurn(stage.database, second!, 60_000)).toBe(true)
  })

  it('writes down why a job failed, and tries again later', async () => {
    const worker = start([job('broken', () => Promise.reject(new Error('no such table')))])
    await until(async () => {
      const [row] =
        await stage.sql`select last_error from scheduled_runs where job = 'broken' and last_error is not null`
      return row?.['last_error'] === 'no such table'
    })
    await worker.stop()
    const [row] =
      await stage.sql`select finished_at, held_until > now() + interval '4 minutes' as later from scheduled_runs where job = 'broken'`
    expect(row).toEqual({ finished_at: null, later: true })
  })
})
