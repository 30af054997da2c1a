import { createHmac } from 'node:crypto'
import type { RequestContext, Services } from '../src/context.ts'
import { anonymous } from './callers.ts'
import { PASSWORD, registerVerified, signInAs, unlimited } from './identity.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

const bytesOf = (base32: string) => {
  const bits = [...base32].map((symbol) => ALPHABET.indexOf(symbol).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

/** RFC 6238 once more, so that the product is not held against itself. */
const codeOf = (secret: string, step: number) => {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const digest = createHmac('sha1', bytesOf(secret)).update(counter).digest()
  const offset = digest.at(-1)! & 15
  return ((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).toString().padStart(6, '0')
}

/** A phone with the secret. Its clock and the server's go together, and only forwards by steps: each code is a new one. */
export const createApp = (secret: string) => {
  let steps = 0
  const now = () => new Date(Date.now() + steps * 30_000)
  const app = {
    secret,
    now,
    /** A process whose clock is the app's. */
    services: (overrides: Partial<Services> = {}) => unlimited({ now, ...overrides }),
    /** Of the present step, or of one so many steps away. */
    code: (away = 0) => codeOf(secret, Math.floor(now().getTime() / 30_000) + away),
    /** Waits for the next step. */
    next: () => {
      steps += 1
      return app.code()
    },
    /** No code of any step that could be accepted. */
    wrongCode: () => {
      const close = [-2, -1, 0, 1, 2].map((away) => app.code(away))
      return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !close.includes(code))!
    },
  }
  return app
}

export type App = ReturnType<typeof createApp>

/** Sets an app up for an account, through a session of its own. */
export const enrol = async (email: string, password = PASSWORD) => {
  const session = await signInAs(email, {}, password)
  const { secret, uri } = await session.as().auth.factors.startTotp()
  const app = createApp(secret)
  const { recoveryCodes, accessToken } = await session.as({ services: app.services() }).auth.factors.confirmTotp({
    code: app.code(),
  })
  const as = (more: Partial<RequestContext> = {}) => anonymous({ accessToken, services: app.services(), ...more })
  return { app, uri, recoveryCodes, accessToken, refreshToken: session.refreshToken, as }
}

/** A new account with an app. */
export const registerWithApp = async () => {
  const email = await registerVerified()
  return { email, ...(await enrol(email)) }
}

type Begun = Partial<RequestContext> & { password?: string; delivery?: 'body' | 'cookie' }

/** The challenge of a sign-in with the right password. */
export const challengeOf = async (
  email: string,
  { password = PASSWORD, delivery = 'body', ...request }: Begun = {},
) => {
  const answer = await anonymous({ services: unlimited(), ...request }).auth.login({ email, password, delivery })
  if (!('challenge' in answer)) throw new Error('no second factor was asked for')
  return answer.challenge
}
