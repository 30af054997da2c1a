import { createAuthenticator, type Authenticator, type Lies } from '@servai/auth/test/authenticator'
import { database } from '@servai/db/test/factories'
import type { RequestContext } from '../src/context.ts'
import { anonymous, services, type Caller } from './callers.ts'
import { PASSWORD, registerVerified, signInAs, unlimited } from './identity.ts'

export const newAuthenticator = (synced = false) => createAuthenticator(services.relyingParty.origin, { synced })

/** Counters of its own, so that no limit of a test is another's. */
export const calls = (overrides: Partial<RequestContext> = {}) => anonymous({ services: unlimited(), ...overrides })

/** Adds a passkey as the person who calls. */
export const addPasskey = async (caller: Caller, { authenticator = newAuthenticator(), lies = {} as Lies } = {}) => {
  const { ceremonyId, options } = await caller.auth.passkeys.startRegistration()
  const answer = authenticator.create(options, lies)
  return { authenticator, ...(await caller.auth.passkeys.completeRegistration({ ceremonyId, answer })) }
}

/** A proven account with a password and a passkey, and a call in the session that made it. */
export const buildPasskeyAccount = async (synced = false) => {
  const email = await registerVerified()
  const { accessToken } = await signInAs(email)
  const added = await addPasskey(calls({ accessToken }), { authenticator: newAuthenticator(synced) })
  return { email, ...added, as: () => calls({ accessToken: added.accessToken }) }
}

export type PasskeyAccount = Awaited<ReturnType<typeof buildPasskeyAccount>>

/** Signs in with the passkey alone, as a program. */
export const signInByPasskey = async (authenticator: Authenticator, lies: Lies = {}, caller: Caller = calls()) => {
  const { ceremonyId, options } = await caller.auth.passkeys.startSignIn()
  return caller.auth.passkeys.completeSignIn({
    ceremonyId,
    answer: authenticator.get(options, lies),
    delivery: 'body',
  })
}

/** The challenge of a sign-in that has begun with the password. */
export const beginSignIn = async (email: string) => {
  const answer = await calls().auth.login({ email, password: PASSWORD, delivery: 'body' })
  if (!('challenge' in answer)) throw new Error('no second factor was asked for')
  return answer.challenge
}

/** The proof of a passkey for the second half of a sign-in. */
export const proveSecondFactor = async (authenticator: Authenticator, challengeToken: string, lies: Lies = {}) => {
  const { ceremonyId, options } = await calls().auth.passkeys.startSecondFactor({ challengeToken })
  return { method: 'passkey' as const, ceremonyId, answer: authenticator.get(options, lies) }
}

export const proveStepUp = async (authenticator: Authenticator, caller: Caller, lies: Lies = {}) => {
  const { ceremonyId, options } = await caller.auth.passkeys.startStepUp()
  return { method: 'passkey' as const, ceremonyId, answer: authenticator.get(options, lies) }
}

export const expireCeremony = (ceremonyId: string) =>
  database.system({}, 'write', (db) =>
    db.execute(`update passkey_ceremonies set expires_at = now() - interval '1 second' where id = '${ceremonyId}'`),
  )

/** Everything a refused call tells, as one text. */
export const refusalText = async (call: Promise<unknown>) => {
  const error: unknown = await call.then(
    () => 'not refused',
    (thrown: unknown) => thrown,
  )
  const { code, message, cause } = error as { code: string; message: string; cause: object }
  return JSON.stringify({ code, message, cause })
}
