import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { reencryptFactors } from '@servai/api/auth/factor-keys/service'
import { contextOf } from '@servai/api/auth/totp/service'
import { createAccessTokens } from '@servai/auth/access-token'
import { parseKeyRing } from '@servai/auth/key-ring'
import { createPasswordHasher } from '@servai/auth/password-hash'
import { sealSecret } from '@servai/auth/sealed-secret'
import { newTotpSecret } from '@servai/auth/totp'
import { totpFactors } from '@servai/db/schema/factors'
import { credentials } from '@servai/db/schema/users'
import { buildUser, database, type User } from '@servai/db/test/factories'
import { Secret, TOTP } from 'otpauth'
import { uuidv7 } from 'uuidv7'
import { afterAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../scripts/postgres.mjs'
import { environment } from './instance.ts'
import { send, type Sending } from './send.ts'

const PASSWORD = 'plum trees over the old river'
const APP_URL = 'http://localhost:3000'
const RINGS = ['JWT_KEYS', 'REFRESH_KEYS', 'TOKEN_KEYS', 'FACTOR_KEYS', 'PASSWORD_PEPPER_KEYS'] as const
type RingName = (typeof RINGS)[number]

/** Of each ring an old key and a new one. */
const secrets = Object.fromEntries(
  RINGS.map((name) => [name, { old: randomBytes(32).toString('base64'), new: randomBytes(32).toString('base64') }]),
) as Record<RingName, { old: string; new: string }>

/** `ringsOf('new', 'old')`: the new one signs, both verify. */
const ringsOf = (...kids: ('old' | 'new')[]) =>
  Object.fromEntries(
    RINGS.map((name) => [name, kids.map((kid) => `${kid}:${secrets[name][kid]}`).join(',')]),
  ) as Record<RingName, string>

type Server = { url: string; stop(): Promise<void> }
const running = new Set<ChildProcess>()
afterAll(() => running.forEach((child) => child.kill('SIGKILL')))

/** A server process with these keys, ready to answer. */
const start = async (rings: Record<RingName, string>): Promise<Server> => {
  const port = await freePort()
  const child = spawn(process.execPath, [fileURLToPath(new URL('../src/main.ts', import.meta.url))], {
    env: {
      PATH: process.env.PATH,
      ...environment({
        ...rings,
        PORT: String(port),
        ARGON2_MEMORY_KIB: '8192',
        ARGON2_TIME_COST: '1',
        LOG_LEVEL: 'error',
      }),
    },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  running.add(child)
  const exit = once(child, 'exit').then(() => running.delete(child))
  await Promise.race([once(child, 'message'), exit.then(() => Promise.reject(new Error('it did not start')))])
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      child.kill('SIGTERM')
      await exit
    },
  }
}

const ask = ({ url }: Server, path: string, sending: Sending = {}) => send(`${url}/api/v1${path}`, sending)

const buildPerson = async (rings: Record<RingName, string>): Promise<User> => {
  const user = await buildUser()
  const hasher = createPasswordHasher({
    memoryKiB: 8192,
    timeCost: 1,
    lanes: 1,
    pepper: parseKeyRing(rings.PASSWORD_PEPPER_KEYS),
  })
  const passwordHash = await hasher.hash('register', PASSWORD)
  await database.system({}, 'write', (db) => db.insert(credentials).values({ userId: user.id, passwordHash }))
  return user
}

type Tokens = { accessToken: string; refreshToken: string }

const signIn = async (server: Server, { email }: User): Promise<Tokens> => {
  const answer = await ask(server, '/auth/login', { json: { email, password: PASSWORD, delivery: 'body' } })
  expect(answer.status).toBe(200)
  return answer.json() as Tokens
}

const me = async (server: Server, { accessToken }: Pick<Tokens, 'accessToken'>) =>
  (await ask(server, '/auth/me', { headers: { authorization: `Bearer ${accessToken}` } })).status

const refresh = async (server: Server, { refreshToken }: Tokens) => {
  const answer = await ask(server, '/auth/refresh', { json: { refreshToken } })
  return { status: answer.status, tokens: answer.status === 200 ? (answer.json() as Tokens) : null }
}

const kidOf = ({ accessToken }: Pick<Tokens, 'accessToken'>) =>
  (JSON.parse(Buffer.from(accessToken.split('.')[0]!, 'base64url').toString()) as { kid: string }).kid

const buildTotp = async ({ id: userId }: User, rings: Record<RingName, string>) => {
  const [id, secret] = [uuidv7(), newTotpSecret()]
  const { sealed, kid } = sealSecret(parseKeyRing(rings.FACTOR_KEYS), secret, contextOf(userId, id))
  await database.system({}, 'write', (db) =>
    db.insert(totpFactors).values({
      id,
      userId,
      secretCipher: sealed,
      keyId: kid,
      confirmedAt: new Date(),
      expiresAt: new Date(),
    }),
  )
  const totp = new TOTP({ secret: new Secret({ buffer: Uint8Array.from(secret).buffer }) })
  return (secondsFromNow: number) => totp.generate({ timestamp: Date.now() + secondsFromNow * 1000 })
}

const signInWithCode = async (server: Server, { email }: User, code: string) => {
  const login = await ask(server, '/auth/login', { json: { email, password: PASSWORD, delivery: 'body' } })
  const { challenge } = login.json() as { challenge: { token: string } }
  const answer = await ask(server, '/auth/complete-sign-in', {
    json: { challengeToken: challenge.token, proof: { method: 'totp', code } },
  })
  return answer.status
}

describe('two servers, from the old keys to the new', () => {
  it(
    'serve everybody at every step, and refuse what the old key signed once it is dropped',
    { timeout: 120_000 },
    async () => {
      const [moving, resting] = [await buildPerson(ringsOf('old')), await buildPerson(ringsOf('old'))]
      const careful = await buildPerson(ringsOf('old'))
      const codeOf = await buildTotp(careful, ringsOf('old'))

      // Add: everybody can verify what nobody signs with yet.
      let [first, second] = await Promise.all([start(ringsOf('old', 'new')), start(ringsOf('old'))])
      const old = await signIn(first, moving)
      expect([kidOf(old), await me(first, old), await me(second, old)]).toEqual(['old', 200, 200])
      await second.stop()

      // Turn: one server signs with the new key already, the other with the old one still.
      await first.stop()
      ;[first, second] = await Promise.all([start(ringsOf('new', 'old')), start(ringsOf('old', 'new'))])
      // A sign-in moves the password to the pepper of the server that takes it: the last one counts.
      const [byOld, byNew] = [await signIn(second, moving), await signIn(first, moving)]
      expect([kidOf(byNew), kidOf(byOld)]).toEqual(['new', 'old'])
      for (const tokens of [old, byNew, byOld])
        expect([await me(first, tokens), await me(second, tokens)]).toEqual([200, 200])
      const [crossed, back] = [await refresh(second, byNew), await refresh(first, byOld)]
      expect([crossed.status, back.status]).toEqual([200, 200])
      // A session stays under the key it was opened with; its access token is of the server that signs it.
      expect([kidOf(crossed.tokens!), kidOf(back.tokens!)]).toEqual(['old', 'new'])
      expect(await signInWithCode(first, careful, codeOf(-30))).toBe(200)
      // Rows of other tests are under keys of their own.
      expect(await reencryptFactors(database, parseKeyRing(ringsOf('new', 'old').FACTOR_KEYS))).toMatchObject({
        moved: 1,
      })
      await Promise.all([first.stop(), second.stop()])

      // Drop.
      ;[first, second] = await Promise.all([start(ringsOf('new')), start(ringsOf('new'))])
      for (const server of [first, second]) {
        expect([await me(server, old), await me(server, byOld), await me(server, crossed.tokens!)]).toEqual([
          401, 401, 401,
        ])
        expect([await me(server, byNew), await me(server, back.tokens!)]).toEqual([200, 200])
      }
      expect((await refresh(first, old)).status).toBe(401)
      expect((await refresh(first, back.tokens!)).status).toBe(401)
      expect((await refresh(second, crossed.tokens!)).status).toBe(200)
      // Whoever signed in where the new one was in front has a hash under the new pepper; who did not needs the old one.
      expect(await me(first, await signIn(first, moving))).toBe(200)
      const stranded = await ask(first, '/auth/login', { json: { email: resting.email, password: PASSWORD } })
      expect([stranded.status, stranded.reason()]).toEqual([401, 'auth.invalid_credentials'])
      expect(await signInWithCode(second, careful, codeOf(0))).toBe(200)
      await Promise.all([first.stop(), second.stop()])
    },
  )

  it('try no other key where the one that is named does not fit', { timeout: 60_000 }, async () => {
    const server = await start(ringsOf('new', 'old'))
    const person = await buildPerson(ringsOf('old'))
    const { accessToken } = await signIn(server, person)
    const claims = JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()) as {
      sid: string
      tv: number
    }
    const forge = (entry: string) =>
      createAccessTokens({ keys: parseKeyRing(entry), issuer: APP_URL, audience: 'servai-api' }).sign({
        userId: person.id,
        sessionId: claims.sid,
        tokenVersion: claims.tv,
      })
    const statusOf = async (entry: string) => me(server, { accessToken: await forge(entry) })
    expect(await statusOf(`new:${secrets.JWT_KEYS.new}`)).toBe(200)
    expect(await statusOf(`old:${secrets.JWT_KEYS.old}`)).toBe(200)
    for (const entry of [
      `old:${secrets.JWT_KEYS.new}`,
      `new:${secrets.JWT_KEYS.old}`,
      `gone:${secrets.JWT_KEYS.new}`,
      `new:${secrets.REFRESH_KEYS.new}`,
      `new:${secrets.TOKEN_KEYS.new}`,
    ])
      expect([entry, await statusOf(entry)]).toEqual([entry, 401])
    await server.stop()
  })
})
