import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createAuthenticator, type Lies } from '../test/authenticator.ts'
import {
  creationOptions,
  newCeremonyChallenge,
  PasskeyRefusedError,
  relyingPartyOf,
  requestOptions,
  userHandleOf,
  verifyAssertion,
  verifyAttestation,
} from './passkey.ts'

const origin = 'https://homes.example'
const site = relyingPartyOf(`${origin}/`)
const user = { id: '0199a5a0-0000-7000-8000-000000000001', email: 'ana@example.test', name: 'Ana Koleva' }

const make = async (lies: Lies = {}, synced = false) => {
  const authenticator = createAuthenticator(origin, { synced })
  const challenge = newCeremonyChallenge()
  const options = creationOptions(site, { challenge, user, existing: [], timeoutMs: 300_000 })
  const passkey = await verifyAttestation(site, challenge, authenticator.create(options, lies))
  return { authenticator, passkey: { ...passkey, userId: user.id } }
}

const use = async (lies: Lies = {}, account = user.id) => {
  const { authenticator, passkey } = await make()
  const challenge = newCeremonyChallenge()
  const options = requestOptions(site, { challenge, allowed: [passkey], timeoutMs: 300_000 })
  return verifyAssertion(site, challenge, authenticator.get(options, lies), { ...passkey, userId: account })
}

const LIES: [string, Lies][] = [
  ['another origin', { origin: 'https://homes.example.evil.test' }],
  ['the same host on another port', { origin: `${origin}:8443` }],
  ['the same host without TLS', { origin: 'http://homes.example' }],
  ['a subdomain', { origin: 'https://evil.homes.example' }],
  ['another site', { rpId: 'evil.test' }],
  ['another challenge', { challenge: newCeremonyChallenge() }],
  ['a page framed by another', { crossOrigin: true }],
  ['no verification of its owner', { userVerified: false }],
  ['nobody present', { userPresent: false }],
]

describe('a new passkey', () => {
  it('is asked for as discoverable, verified, without attestation, and not twice on one authenticator', async () => {
    const existing = [{ credentialId: 'AAAA', transports: ['internal', 'hybrid', 'telepathy'] }]
    const challenge = newCeremonyChallenge()
    expect(creationOptions(site, { challenge, user, existing, timeoutMs: 300_000 })).toEqual({
      rp: { id: 'homes.example', name: 'servAI' },
      user: { id: userHandleOf(user.id), name: user.email, displayName: user.name },
      challenge,
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
      timeout: 300_000,
      attestation: 'none',
      excludeCredentials: [{ type: 'public-key', id: 'AAAA', transports: ['internal', 'hybrid'] }],
      authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    })
  })

  it('has a challenge of 256 bits of its own', () => {
    const challenges = Array.from({ length: 100 }, newCeremonyChallenge)
    expect(new Set(challenges).size).toBe(100)
    expect(Buffer.from(challenges[0] ?? '', 'base64url')).toHaveLength(32)
  })

  it('is known by its key, its counter and where it can be kept', async () => {
    const bound = await make()
    expect(bound.passkey).toMatchObject({
      credentialId: bound.authenticator.credentialId,
      signCount: 1,
      transports: ['usb'],
      deviceType: 'singleDevice',
      isBackedUp: false,
    })
    const synced = await make({}, true)
    expect(synced.passkey).toMatchObject({ signCount: 0, deviceType: 'multiDevice', isBackedUp: true })
  })

  it.each(LIES)('is refused from %s', async (_name, lies) => {
    await expect(make(lies)).rejects.toThrow(PasskeyRefusedError)
  })

  it('is refused when it answers to a sign-in', async () => {
    await expect(make({ type: 'webauthn.get' })).rejects.toThrow(PasskeyRefusedError)
  })

  it('may sign for itself, and not with another key', async () => {
    await expect(make({ statement: { format: 'packed' } })).resolves.toBeDefined()
    await expect(make({ statement: { format: 'packed' }, forged: true })).rejects.toThrow(PasskeyRefusedError)
  })

  it.each(['packed', 'apple', 'android-key', 'android-safetynet', 'tpm', 'fido-u2f'])(
    'is refused with certificates of format %s, whose addresses nobody follows',
    async (format) => {
      const refused = make({ statement: { format, x5c: [randomBytes(200)] } })
      await expect(refused).rejects.toMatchObject({ cause: { message: `attestation of format ${format}` } })
    },
  )
})

describe('an answer to a challenge', () => {
  it('tells the counter of its authenticator', async () => {
    expect(await use()).toEqual({ signCount: 2, deviceType: 'singleDevice', isBackedUp: false })
    expect(await use({ signCount: 0 })).toMatchObject({ signCount: 0 })
  })

  it('asks for the passkeys of an account, or for any of the site', async () => {
    const challenge = newCeremonyChallenge()
    const allowed = [{ credentialId: 'AAAA', transports: ['usb'] }]
    expect(requestOptions(site, { challenge, allowed, timeoutMs: 300_000 })).toEqual({
      rpId: 'homes.example',
      challenge,
      timeout: 300_000,
      allowCredentials: [{ type: 'public-key', id: 'AAAA', transports: ['usb'] }],
      userVerification: 'required',
    })
    const anybody = requestOptions(site, { challenge, allowed: null, timeoutMs: 300_000 })
    expect(Object.keys(anybody).sort()).toEqual(['challenge', 'rpId', 'timeout', 'userVerification'])
  })

  it.each(LIES)('is refused from %s', async (_name, lies) => {
    await expect(use(lies)).rejects.toThrow(PasskeyRefusedError)
  })

  it('is refused by another key, for another account, and when a new passkey was meant', async () => {
    await expect(use({ forged: true })).rejects.toThrow(PasskeyRefusedError)
    await expect(use({}, randomUUID())).rejects.toThrow(PasskeyRefusedError)
    await expect(use({ userHandle: userHandleOf(randomUUID()) })).rejects.toThrow(PasskeyRefusedError)
    await expect(use({ type: 'webauthn.create' })).rejects.toThrow(PasskeyRefusedError)
  })

  it('is refused, not a fault of ours, when it is damaged', async () => {
    const { authenticator, passkey } = await make()
    const challenge = newCeremonyChallenge()
    const good = authenticator.get({ challenge, rpId: site.id })
    for (const field of ['clientDataJSON', 'authenticatorData', 'signature'] as const)
      for (const value of ['', 'AAAA', '%%%%', good.response[field].slice(4), `AAAA${good.response[field]}`]) {
        const damaged = { ...good, response: { ...good.response, [field]: value } }
        await expect(verifyAssertion(site, challenge, damaged, passkey)).rejects.toThrow(PasskeyRefusedError)
      }
  })
})
