import { randomUUID } from 'node:crypto'
import { parseKeyRing } from '@servai/auth/key-ring'
import { deriveToken } from '@servai/auth/one-time-token'
import { database } from '@servai/db/test/factories'
import { expect, it } from 'vitest'
import { environment, useInstance } from './instance.ts'
import { send, type Sending } from './send.ts'

const PASSWORD = 'plum trees over the old river'

it('a browser that has signed in before is let in over HTTP while strangers keep everybody else out', async () => {
  const keys = environment({ TRUST_PROXY_HOPS: '1', APP_URL: 'https://app.test' })
  const server = await useInstance({ env: keys })
  const email = `olga.${randomUUID()}@example.test`
  const ask = (path: string, json: object, from: string, headers: Sending['headers'] = {}) =>
    send(`${server.url}/api/v1${path}`, {
      json,
      headers: { 'x-forwarded-for': from, origin: 'https://app.test', 'x-servai-client': 'test', ...headers },
    })
  const [home, stranger, elsewhere] = ['203.0.113.9', '198.51.100.1', '192.0.2.44']

  await ask('/auth/register', { email, password: PASSWORD, firstName: 'Olga', lastName: 'K' }, home)
  const [row] = await database.lookup<{ id: string; nonce: string; kid: string }>(
    `select t.id, t.nonce, t.key_id as kid from auth_tokens t join users u on u.id = t.user_id where u.email_key = $1`,
    [email],
  )
  const token = deriveToken(parseKeyRing(keys.TOKEN_KEYS!), { purpose: 'verify_email', ...row! })
  await ask('/email-verification/verify', { token }, home)

  const first = await ask('/auth/login', { email, password: PASSWORD }, home)
  const [device, session, ...others] = (first.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0]!).sort()
  expect([device, session, others]).toEqual([
    expect.stringMatching(/^__Host-device=1\./),
    expect.stringMatching(/^__Host-rt=1\./),
    [],
  ])
  const left = await ask('/auth/logout', {}, home, { cookie: `${device}; ${session}` })
  expect(left.headers['set-cookie']).toEqual([expect.stringMatching(/^__Host-rt=;/)])

  const guesses = []
  for (let guess = 0; guess < 12; guess += 1)
    guesses.push((await ask('/auth/login', { email, password: 'seven grey herons at dusk' }, stranger)).status)
  expect(guesses).toEqual([...Array<number>(10).fill(401), 429, 429])
  expect((await ask('/auth/login', { email, password: PASSWORD }, elsewhere)).status).toBe(401)
  const known = await ask('/auth/login', { email, password: PASSWORD }, elsewhere, { cookie: device! })
  expect([known.status, known.headers['set-cookie']?.length]).toEqual([200, 2])
  expect(server.rawLog()).not.toContain(device!.split('=')[1])
})
