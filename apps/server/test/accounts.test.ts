import http from 'node:http'
import { createAccessTokens } from '@servai/auth/access-token'
import { parseKeyRing } from '@servai/auth/key-ring'
import { exportFiles, exports } from '@servai/db/schema/exports'
import { buildCompany, buildGrant, buildSession, buildUser, database } from '@servai/db/test/factories'
import type { GrantRole } from '@servai/db/schema/enums'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { environment, openInstance, type Instance } from './instance.ts'
import { send } from './send.ts'

const redisUrl = inject('redisUrl')
const SECOND_MS = 1_000

describe.skipIf(!redisUrl)('over two servers that share PostgreSQL and Redis', () => {
  const settings = environment({ REDIS_URL: redisUrl ?? '' })
  let [here, there] = [] as Instance[]
  beforeAll(async () => {
    ;[here, there] = [await openInstance({ env: settings }), await openInstance({ env: settings })]
    // Until Redis is connected nothing is cached, and nothing would be seen.
    for (const { url } of [here, there])
      await vi.waitFor(async () => {
        const { checks } = (await send(`${url}/health`)).json() as { checks: { redis: string } }
        expect(checks.redis).toBe('up')
      })
  })
  afterAll(() => Promise.all([here!.stop(), there!.stop()]))

  const tokens = createAccessTokens({
    keys: parseKeyRing(settings['JWT_KEYS']!),
    issuer: settings['APP_URL']!,
    audience: 'servai-api',
  })

  const hire = async (role: GrantRole, company: { id: string } | null) => {
    const user = await buildUser()
    await buildGrant(user, role, company ? { companyId: company.id } : {})
    const { id: sessionId } = await buildSession(user)
    const token = await tokens.sign({ userId: user.id, sessionId, tokenVersion: user.tokenVersion })
    const headers = {
      authorization: `Bearer ${token}`,
      'x-servai-context': company ? `staff:${company.id}` : 'platform',
    }
    return { user, headers }
  }
  type Person = Awaited<ReturnType<typeof hire>>

  const ask = async (
    { url }: Instance,
    { headers }: { headers: Record<string, string> },
    path: string,
    json?: object,
  ) => {
    const answer = await send(`${url}/api/v1${path}`, { headers, ...(json && { json }) })
    return { status: answer.status, reason: answer.status < 400 ? null : answer.reason(), body: answer.json() as never }
  }
  const OPEN = { status: 200, reason: null }
  const COMPLEXES = '/property/complexes'

  /** Somebody whom both servers know already, and who directs them. */
  const stage = async () => {
    const company = await buildCompany()
    const [director, member] = [await hire('director', company), await hire('director', company)]
    for (const server of [here!, there!, here!, there!])
      expect(await ask(server, member, COMPLEXES)).toMatchObject(OPEN)
    return { company, director, member }
  }

  /** Milliseconds from the end of `act` on one server until the other one refuses. */
  const refusedAfter = async (act: () => Promise<unknown>, look: () => ReturnType<typeof ask>) => {
    await act()
    const started = performance.now()
    for (;;) {
      const { status, reason } = await look()
      if (status >= 400) return { reason, ms: performance.now() - started }
      if (performance.now() - started > 10 * SECOND_MS) throw new Error('never refused')
    }
  }
  const within = (outcome: { ms: number }) => expect(outcome.ms).toBeLessThan(SECOND_MS)

  const why = { reason: 'Left without giving the keys back' }

  it('a disabled account is out on the other one within a second', async () => {
    const { director, member } = await stage()
    const outcome = await refusedAfter(
      async () => expect(await ask(here!, director, `/accounts/${member.user.id}/disable`, why)).toMatchObject(OPEN),
      () => ask(there!, member, COMPLEXES),
    )
    expect(outcome.reason).toBe('auth.session_revoked')
    within(outcome)
  })

  it('so is whoever is signed out by staff', async () => {
    const { director, member } = await stage()
    const outcome = await refusedAfter(
      () => ask(here!, director, `/accounts/${member.user.id}/end-sessions`, {}),
      () => ask(there!, member, COMPLEXES),
    )
    expect(outcome.reason).toBe('auth.session_revoked')
    within(outcome)
  })

  it('so is a member of staff whose last role was taken away', async () => {
    const { director, member } = await stage()
    const { body } = await ask(here!, director, `/staff/members?q=${encodeURIComponent(member.user.email)}`)
    const [{ grants }] = (body as { items: [{ grants: { id: string }[] }] }).items
    const outcome = await refusedAfter(
      () => send(`${here!.url}/api/v1/staff/grants/${grants[0]!.id}`, { method: 'DELETE', headers: director.headers }),
      () => ask(there!, member, COMPLEXES),
    )
    expect(outcome.reason).toBe('auth.context_denied')
    within(outcome)
  })

  it('so are their keys', async () => {
    const { company, director, member } = await stage()
    const made = await ask(here!, member, '/api-keys', { name: 'Door', role: 'director' })
    const program = { headers: { authorization: `Bearer ${(made.body as { key: string }).key}` } }
    for (const server of [here!, there!]) expect(await ask(server, program, COMPLEXES)).toMatchObject(OPEN)
    const outcome = await refusedAfter(
      () => ask(here!, director, `/accounts/${member.user.id}/disable`, why),
      () => ask(there!, program, COMPLEXES),
    )
    expect([outcome.reason, company.id]).toEqual(['auth.unauthenticated', company.id])
    within(outcome)
  })

  it('so is whoever looks with the eyes of somebody, once it is ended or either account is closed', async () => {
    const endings: ((admin: Person, id: string, impersonationId: string) => Promise<unknown>)[] = [
      (admin, _id, impersonationId) =>
        send(`${here!.url}/api/v1/accounts/impersonations/${impersonationId}`, {
          method: 'DELETE',
          headers: admin.headers,
        }),
      async (_admin, id) => ask(here!, await hire('platform_admin', null), `/accounts/${id}/disable`, why),
      async (admin) => ask(here!, await hire('platform_admin', null), `/accounts/${admin.user.id}/disable`, why),
      (admin) => send(`${here!.url}/api/v1/auth/logout`, { json: {}, headers: admin.headers }),
    ]
    for (const end of endings) {
      const { company, member } = await stage()
      const admin = await hire('platform_admin', null)
      const { body } = await ask(here!, admin, `/accounts/${member.user.id}/impersonations`, why)
      const { id, accessToken } = body as { id: string; accessToken: string }
      const view = {
        headers: { authorization: `Bearer ${accessToken}`, 'x-servai-context': `staff:${company.id}` },
      }
      for (const server of [here!, there!]) expect(await ask(server, view, COMPLEXES)).toMatchObject(OPEN)
      const outcome = await refusedAfter(
        () => end(admin, member.user.id, id),
        () => ask(there!, view, COMPLEXES),
      )
      expect(outcome.reason).toBe('auth.session_revoked')
      within(outcome)
    }
  })

  it('a download that is under way ends when the account is disabled', async () => {
    const { company, director, member } = await stage()
    const PIECES = 60
    const bytes = Buffer.alloc(512 * 1024, 'x')
    const exportId = await database.system({}, 'write', async (db) => {
      const [row] = await db
        .insert(exports)
        .values({
          companyId: company.id,
          kind: 'units',
          format: 'csv',
          status: 'done',
          filter: {},
          locale: 'en',
          contextKey: `staff:${company.id}`,
          fileName: 'units.csv',
          fileBytes: PIECES * bytes.length,
          rights: JSON.stringify(['staff', ['director'], [['director', null]]]),
          createdBy: member.user.id,
          expiresAt: new Date(Date.now() + 60_000),
        })
        .returning({ id: exports.id })
      for (let piece = 0; piece < PIECES; piece++)
        await db.insert(exportFiles).values({ companyId: company.id, exportId: row!.id, piece, bytes })
      return row!.id
    })
    const received = await new Promise<{ bytes: number; isWhole: boolean }>((resolve, reject) => {
      const request = http.get(
        `${there!.url}/api/v1/property/exports/${exportId}/file`,
        { headers: member.headers },
        (response) => {
          expect(response.statusCode).toBe(200)
          let count = 0
          const stop = () => resolve({ bytes: count, isWhole: response.complete })
          response.on('data', (chunk: Buffer) => (count += chunk.length))
          response.on('end', stop)
          response.on('error', stop)
          response.pause()
          ask(here!, director, `/accounts/${member.user.id}/disable`, why).then(() => response.resume(), reject)
        },
      )
      request.on('error', reject)
    })
    expect(received.isWhole).toBe(false)
    expect(received.bytes).toBeLessThan(PIECES * bytes.length)
  })
})
