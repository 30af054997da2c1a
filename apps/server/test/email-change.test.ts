import { createAccessTokens } from '@servai/auth/access-token'
import { parseKeyRing } from '@servai/auth/key-ring'
import { buildSession, buildUser } from '@servai/db/test/factories'
import { expect, it } from 'vitest'
import { environment, useInstance } from './instance.ts'
import { send } from './send.ts'

/** What differs from one answer to the next whatever was asked. */
const VARYING = new Set(['date', 'x-request-id', 'ratelimit', 'ratelimit-policy', 'x-ratelimit-remaining'])

it('a change of e-mail is answered byte for byte the same for a free, a taken, a disabled and a removed address', async () => {
  const settings = environment()
  const server = await useInstance({ env: settings })
  const keys = parseKeyRing(settings['JWT_KEYS']!)
  const tokens = createAccessTokens({ keys, issuer: 'http://localhost:3000', audience: 'servai-api' })
  const owners = [
    await buildUser(),
    await buildUser({ status: 'disabled' }),
    await buildUser({ deletedAt: new Date() }),
    { email: `free-${crypto.randomUUID()}@example.test` },
  ]
  const answers = []
  for (const { email: newEmail } of owners) {
    const user = await buildUser()
    const { id: sessionId } = await buildSession(user)
    const token = await tokens.sign({ userId: user.id, sessionId, tokenVersion: user.tokenVersion })
    const headers = { authorization: `Bearer ${token}` }
    const ask = (method: string, json?: object) =>
      send(`${server.url}/api/v1/auth/email-change`, { method, headers, ...(json && { json }) })
    const asked = await ask('POST', { newEmail })
    const shown = await ask('GET')
    answers.push(
      [asked, shown].map(({ status, headers: sent, text }) => [
        status,
        Object.entries(sent).filter(([name]) => !VARYING.has(name)),
        text.replaceAll(newEmail, 'X'.repeat(newEmail.length)).replace(/"expiresAt":"[^"]+"/, ''),
      ]),
    )
  }
  const [first, ...others] = answers.map((answer) =>
    JSON.stringify(answer)
      .replaceAll(/X+/g, 'X')
      .replaceAll(/"content-length","\d+"/g, ''),
  )
  expect(first).toContain('200')
  for (const other of others) expect(other).toBe(first)
})
