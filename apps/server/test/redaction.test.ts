import { randomBytes, randomUUID } from 'node:crypto'
import { parseKeyRing } from '@servai/auth/key-ring'
import { deriveToken } from '@servai/auth/one-time-token'
import type { TokenPurpose } from '@servai/db/schema/enums'
import { database } from '@servai/db/test/factories'
import { expect, it } from 'vitest'
import { createApp } from '../../../packages/api/test/second-factor.ts'
import { environment, useInstance } from './instance.ts'
import { send, type Sending } from './send.ts'

type Signed = { accessToken: string; refreshToken?: string }

const COOKIE = /__Host-rt=([^;]+)/

it('a whole life of an account leaves none of its secrets in the log', async () => {
  const keys = environment({
    METRICS_TOKEN: randomBytes(24).toString('hex'),
    TRUST_PROXY_HOPS: '1',
    APP_URL: 'https://app.test',
  })
  const server = await useInstance({ env: keys })
  const email = `olga.${randomUUID()}@example.test`
  const [password, changed, reset] = [
    'plum trees over the old river',
    'seven grey herons at dusk',
    'a kettle of warm rain',
  ]
  const secrets = new Set<string>([password, changed, reset, 'wrong but telling words', email, email.split('@')[0]!])
  const remember = (secret: string | undefined) => {
    if (secret) secrets.add(secret)
    return secret ?? ''
  }
  const ask = (path: string, sending: Sending = {}) =>
    send(`${server.url}/api/v1${path}`, {
      ...sending,
      headers: {
        'x-forwarded-for': '203.0.113.9',
        origin: 'https://app.test',
        'x-servai-client': 'test',
        ...sending.headers,
      },
    })
  const bearer = ({ accessToken }: Signed) => ({ authorization: `Bearer ${remember(accessToken)}` })
  const tokenOf = async (purpose: TokenPurpose) => {
    const [row] = await database.lookup<{ id: string; nonce: string; kid: string }>(
      `select t.id, t.nonce, t.key_id as kid from auth_tokens t join users u on u.id = t.user_id
       where u.email_key = $1 and t.purpose = $2 order by t.created_at desc, t.id desc limit 1`,
      [email, purpose],
    )
    return remember(row && deriveToken(parseKeyRing(keys.TOKEN_KEYS!), { purpose, ...row }))
  }

  expect((await ask('/auth/register', { json: { email, password, firstName: 'Olga', lastName: 'K' } })).status).toBe(
    200,
  )
  const verify = await ask('/email-verification/verify', { json: { token: await tokenOf('verify_email') } })
  expect(verify.json()).toEqual({ status: 'verified' })
  expect((await ask('/auth/login', { json: { email, password: 'wrong but telling words' } })).status).toBe(401)

  const browser = await ask('/auth/login', { json: { email, password } })
  const cookie = remember(COOKIE.exec(String(browser.headers['set-cookie']))?.[1])
  const device = remember(/__Host-device=([^;]+)/.exec(String(browser.headers['set-cookie']))?.[1])
  const renewed = await ask('/auth/refresh', {
    json: {},
    headers: { cookie: `__Host-rt=${cookie}; __Host-device=${device}` },
  })
  remember((renewed.json() as Signed).accessToken)
  remember(COOKIE.exec(String(renewed.headers['set-cookie']))?.[1])
  expect([browser.status, renewed.status]).toEqual([200, 200])

  const program = (await ask('/auth/login', { json: { email, password, delivery: 'body' } })).json() as Signed
  remember(program.refreshToken)
  const me = await ask('/auth/me', { headers: bearer(program) })
  expect(me.status).toBe(200)
  const changedAnswer = await ask('/auth/change-password', {
    json: { currentPassword: password, newPassword: changed },
    headers: bearer(program),
  })
  expect(changedAnswer.status).toBe(200)
  remember((changedAnswer.json() as Signed).accessToken)
  expect((await ask('/auth/me', { headers: bearer(program) })).status).toBe(401)

  expect((await ask('/password-reset/request', { json: { email } })).status).toBe(200)
  const resetToken = await expect
    .poll(() => tokenOf('reset_password'))
    .not.toBe('')
    .then(() => tokenOf('reset_password'))
  expect((await ask('/password-reset/reset', { json: { token: resetToken, newPassword: reset } })).status).toBe(200)

  const last = (await ask('/auth/login', { json: { email, password: reset, delivery: 'body' } })).json() as Signed
  remember(last.refreshToken)
  const post = async (path: string, json: object, from?: Signed) =>
    (await ask(path, { json, ...(from && { headers: bearer(from) }) })).json()
  const { secret: totpSecret, uri } = (await post('/auth/factors/totp/start', {}, last)) as {
    secret: string
    uri: string
  }
  const app = createApp(remember(totpSecret))
  remember(uri)
  const enrolled = (await post('/auth/factors/totp/confirm', { code: app.code(-1) }, last)) as Signed & {
    recoveryCodes: string[]
  }
  enrolled.recoveryCodes.forEach(remember)
  remember(enrolled.accessToken)
  const { challenge } = (await post('/auth/login', { email, password: reset, delivery: 'body' })) as {
    challenge: { token: string }
  }
  const challengeToken = remember(challenge.token)
  const complete = (proof: object) => ask('/auth/complete-sign-in', { json: { challengeToken, proof } })
  const [lost, kept] = enrolled.recoveryCodes
  expect((await complete({ method: 'totp', code: lost })).status).toBe(400)
  const proved = await complete({ method: 'recovery_code', code: kept })
  expect(proved.status).toBe(200)
  remember((proved.json() as Signed).refreshToken)

  const logout = await ask('/auth/logout', { json: { refreshToken: last.refreshToken }, headers: bearer(enrolled) })
  expect([logout.status, logout.headers['clear-site-data']]).toEqual([200, '"storage"'])

  // Where a secret does not belong: a careless client, a broken link, somebody who tries things.
  await ask(`/auth/me?token=${resetToken}`, {
    headers: { authorization: `Bearer ${remember('not.a.jwt-but-secret')}` },
  })
  await send(`${server.url}/trpc/auth.me?input=${encodeURIComponent(JSON.stringify({ password }))}`)
  await send(`${server.url}/reset-password?token=${resetToken}`, { headers: { accept: 'text/html' } })
  await ask('/auth/login', {
    headers: { 'content-type': 'application/json' },
    body: `{"email":"${email}","password":"${password}"`,
  })
  await send(`${server.url}/metrics`, { headers: { authorization: `Bearer ${keys.METRICS_TOKEN}` } })

  for (const name of ['JWT_KEYS', 'REFRESH_KEYS', 'TOKEN_KEYS', 'FACTOR_KEYS', 'PASSWORD_PEPPER_KEYS'])
    secrets.add(keys[name]!.slice(3))
  for (const name of ['DATABASE_URL', 'DATABASE_SYSTEM_URL']) secrets.add(new URL(keys[name]!).password)
  secrets.add(keys.METRICS_TOKEN!)
  expect(secrets.size).toBeGreaterThan(20)

  const log = server.rawLog()
  expect([...secrets].filter((secret) => log.includes(secret))).toEqual([])
  expect(log.split('\n').length).toBeGreaterThan(15)
  const line = server.logs().find(({ requestId }) => requestId === me.headers['x-request-id'])
  const { id } = me.json() as { id: string }
  expect(line).toMatchObject({ actor: id, route: '/api/v1/auth/me', status: 200, address: '203.0.113.9' })
}, 60_000)
