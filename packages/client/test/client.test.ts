import { CONTEXT_HEADER } from '@servai/contract/roles'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../api/test/second-factor.ts'
import { DEMO_PASSWORD } from '../../db/src/seed/demo-accounts.ts'
import { createServaiClient, SecondFactorRequired, ServaiError, type ServaiClientOptions } from '../src/index.ts'
import { startDemoServer } from './demo-server.ts'

let server: Awaited<ReturnType<typeof startDemoServer>>
beforeAll(async () => {
  server = await startDemoServer()
})
afterAll(() => server.stop())

type Sent = { path: string; headers: Headers }

/** A client whose requests are written down, and whose access token can be spoilt on the way. */
const observed = (options: Partial<ServaiClientOptions> = {}) => {
  const sent: Sent[] = []
  const state = { spoilt: 0 }
  const client = createServaiClient({
    url: server.url,
    ...options,
    fetch: (input, init) => {
      const headers = new Headers(init?.headers)
      const path = new URL(String(input)).pathname
      if (state.spoilt > 0 && headers.has('authorization')) {
        state.spoilt -= 1
        headers.set('authorization', 'Bearer no.longer.valid')
      }
      sent.push({ path, headers })
      return fetch(input, { ...init, headers })
    },
  })
  return { client, sent, state, count: (path: string) => sent.filter((one) => one.path === path).length }
}

const signedIn = async (name: string, options?: Partial<ServaiClientOptions>) => {
  const one = observed(options)
  const account = await one.client.signIn(`${name}@demo.servai.example`, DEMO_PASSWORD)
  return { ...one, account }
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it was expected to be refused'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(ServaiError)
      return error as ServaiError
    },
  )

describe('the client', () => {
  it('signs in and calls procedures by their names', async () => {
    const { client, account } = await signedIn('director')
    expect(account.contexts).toHaveLength(1)
    const page = await client.api.property.complexes.list.query({ sort: 'name' })
    expect(page.items.map(({ name }) => name)).toEqual(['Лозенец Парк', 'Морска градина'])
  })

  it('asks for the second factor of an account that has one, and goes on with it', async () => {
    const { client } = await signedIn('tenant')
    const { secret } = await client.api.auth.factors.startTotp.mutate()
    const app = createApp(secret)
    const { recoveryCodes } = await client.api.auth.factors.confirmTotp.mutate({ code: app.code(-1) })

    const { client: other, sent } = observed()
    const asked = await other.signIn('tenant@demo.servai.example', DEMO_PASSWORD).catch((error: unknown) => error)
    if (!(asked instanceof SecondFactorRequired)) expect.fail('no second factor was asked for')
    expect(asked).toMatchObject({ methods: ['totp', 'recovery_code'], expiresIn: 600 })
    expect(await failure(asked.complete({ method: 'totp', code: app.wrongCode() }))).toMatchObject({
      reason: 'auth.factor_refused',
      status: 400,
    })
    const account = await asked.complete({ method: 'totp', code: app.code() })
    expect(account.email).toBe('tenant@demo.servai.example')
    expect((await other.api.auth.me.query()).id).toBe(account.id)
    expect(sent.at(-1)?.headers.get('authorization')).toMatch(/^Bearer /)
    expect(await failure(asked.complete({ method: 'recovery_code', code: recoveryCodes[0]! }))).toMatchObject({
      reason: 'auth.challenge_invalid',
      status: 401,
    })
  })

  it('acts in one of several capacities over one session', async () => {
    const { client, account } = await signedIn('several')
    expect(await failure(client.api.property.complexes.list.query({}))).toMatchObject({
      reason: 'auth.context_required',
    })
    const names = await Promise.all(
      account.contexts.map(async ({ key, kind, company }) => {
        const page = await client.as(key).api.property.complexes.list.query({})
        return [kind, company?.name, page.items.map(({ name }) => name)]
      }),
    )
    expect(names).toEqual([
      ['staff', 'Northbank Residential', ['Northbank Quay']],
      ['staff', 'Дом и Двор', ['Морска градина']],
      ['resident', 'Northbank Residential', ['Northbank Quay']],
    ])
  })

  it('names the context as the server reads it', async () => {
    const { client, account, sent } = await signedIn('director')
    await client.as(account.contexts[0]!.key).api.property.complexes.list.query({})
    expect(sent.at(-1)?.headers.get(CONTEXT_HEADER)).toBe(account.contexts[0]!.key)
  })

  it('sends queries of the same turn in one request', async () => {
    const { client, count } = await signedIn('director')
    await Promise.all([client.api.auth.me.query(), client.api.auth.sessions.query()])
    expect(count('/trpc/auth.me,auth.sessions')).toBe(1)
  })

  it('renews the session once for all calls that find the token refused', async () => {
    const refreshTokens: (string | null)[] = []
    const { client, state, count } = await signedIn('director', {
      onRefreshToken: (token) => refreshTokens.push(token),
    })
    state.spoilt = 4
    const calls = Array.from({ length: 4 }, () => client.fetch('/api/v1/auth/me').then((response) => response.status))
    expect(await Promise.all(calls)).toEqual([200, 200, 200, 200])
    state.spoilt = 1
    expect(await client.api.auth.me.query()).toMatchObject({ email: 'director@demo.servai.example' })
    expect(count('/trpc/auth.refresh')).toBe(2)
    expect(new Set(refreshTokens).size).toBe(3)
  })

  it('takes up the session of an earlier run', async () => {
    let saved: string | null = null
    await signedIn('owner', { onRefreshToken: (token) => (saved = token) })
    const { client } = observed({ refreshToken: saved! })
    expect(await client.api.auth.me.query()).toMatchObject({ firstName: 'Елена' })
  })

  it('says once that a session which was ended elsewhere is over', async () => {
    const told: (string | null)[] = []
    const { client } = await signedIn('guard', { onRefreshToken: (token) => told.push(token) })
    const other = await signedIn('guard')
    await other.client.api.auth.logoutAll.mutate()
    expect(await failure(client.api.auth.me.query())).toMatchObject({ reason: 'auth.session_revoked', status: 401 })
    expect(told).toEqual([expect.any(String), null])
  })

  it('leaves nothing behind when it signs out', async () => {
    let saved: string | null = null
    const { client } = await signedIn('technician', { onRefreshToken: (token) => (saved = token ?? saved) })
    await client.signOut()
    expect(await failure(client.api.auth.me.query())).toMatchObject({ reason: 'auth.unauthenticated' })
    const thief = observed({ refreshToken: saved! })
    expect(await failure(thief.client.api.auth.me.query())).toMatchObject({ status: 401 })
  })

  it('explains a refusal: reason, status, request and fields', async () => {
    const wrong = await failure(observed().client.signIn('director@demo.servai.example', 'not the password'))
    expect(wrong).toMatchObject({
      reason: 'auth.invalid_credentials',
      status: 401,
      issues: [],
      retryAfterSeconds: null,
    })
    expect(wrong.requestId).toMatch(/^[\w-]{8,64}$/)

    const { client } = await signedIn('director')
    const invalid = await failure(client.api.property.units.list.query({ limit: 5000 }))
    expect(invalid).toMatchObject({
      reason: 'request.invalid',
      status: 400,
      issues: [{ path: ['limit'], code: 'too_big' }],
    })
  })

  it('says when to come back where a limit was reached', async () => {
    const { client } = observed()
    const attempt = () => failure(client.signIn('nobody@demo.servai.example', 'not the password'))
    let last = await attempt()
    for (let tries = 1; tries < 20 && last.status === 401; tries++) last = await attempt()
    expect(last).toMatchObject({ reason: 'request.rate_limited', status: 429 })
    expect(last.retryAfterSeconds).toBeGreaterThan(0)
  })

  it('acts with an API key: nobody signs in, nothing is renewed, a refusal is final', async () => {
    const { client: person } = await signedIn('director')
    const { key, apiKey } = await person.api.apiKeys.create.mutate({ name: 'Client', role: 'director' })
    const { client, count, sent } = observed({ apiKey: key })
    const page = await client.api.property.complexes.list.query({ sort: 'name' })
    expect(page.items.map(({ name }) => name)).toEqual(['Лозенец Парк', 'Морска градина'])
    expect((await client.fetch('/api/v1/property/exports/complexes.csv')).status).toBe(200)
    expect(sent.every(({ headers }) => headers.get('authorization') === `Bearer ${key}`)).toBe(true)
    expect(await failure(client.api.auth.sessions.query())).toMatchObject({
      reason: 'auth.session_required',
      status: 403,
    })
    await expect(client.signIn('director@demo.servai.example', DEMO_PASSWORD)).rejects.toThrow(TypeError)
    await person.api.apiKeys.revoke.mutate({ id: apiKey.id })
    expect(await failure(client.api.property.complexes.list.query({}))).toMatchObject({
      reason: 'auth.unauthenticated',
    })
    expect((await client.fetch('/api/v1/auth/me')).status).toBe(401)
    await client.signOut()
    expect(count('/trpc/auth.refresh') + count('/trpc/auth.logout') + count('/trpc/auth.login')).toBe(0)
  })

  it('tells an unreachable server, a late answer and the caller’s own signal apart', async () => {
    const unreachable = createServaiClient({ url: 'http://127.0.0.1:1' })
    expect(await failure(unreachable.signIn('a@b.example', 'c'))).toMatchObject({
      reason: 'client.unreachable',
      status: 0,
    })

    const silent: typeof fetch = (_, init) =>
      new Promise((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)))
    const late = createServaiClient({ url: server.url, timeoutMs: 20, fetch: silent })
    expect(await failure(late.signIn('a@b.example', 'c'))).toMatchObject({ reason: 'client.timed_out' })

    const patient = createServaiClient({ url: server.url, fetch: silent })
    const stop = new AbortController()
    const call = patient.api.auth.me.query(undefined, { signal: stop.signal })
    setTimeout(() => stop.abort(), 5)
    expect(await failure(call)).toMatchObject({ reason: 'client.aborted' })
  })
})
