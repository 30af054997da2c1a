import { describe, expect, it } from 'vitest'
import { DEMO_ACCOUNTS, DEMO_PASSWORD } from '../packages/db/src/seed/demo-accounts.ts'
import { call, mailTo, newAddress, tokenIn } from './product.ts'

const password = 'Mandarin-Lantern-42'
const signIn = (email: string, secret: string) =>
  call('POST', '/auth/login', { body: { email, password: secret, delivery: 'body' } })

describe('identity over REST', () => {
  it('walks register, verify, login, refresh, reset; a reset ends every session', async () => {
    const email = newAddress('rest')
    const registered = await call('POST', '/auth/register', {
      body: { email, password, firstName: 'Райна', lastName: "O'Neill", locale: 'bg' },
    })
    expect(registered.status).toBeLessThan(300)

    const limbo = await signIn(email, password)
    expect(limbo.status).toBe(200)
    const locked = await call('GET', '/property/units', { token: limbo.body.accessToken })
    expect(locked).toMatchObject({ status: 403, body: { error: { reason: 'auth.email_not_verified' } } })

    const verification = tokenIn(await mailTo(email, /./), 'verify-email')
    expect((await call('POST', '/email-verification/verify', { body: { token: verification } })).status).toBe(200)

    const first = await signIn(email, password)
    const second = await signIn(email, password)
    expect(first.body.user).toMatchObject({ email, firstName: 'Райна', lastName: "O'Neill" })
    const refreshed = await call('POST', '/auth/refresh', { body: { refreshToken: first.body.refreshToken } })
    expect(refreshed.status).toBe(200)
    expect(refreshed.body.refreshToken).not.toBe(first.body.refreshToken)

    expect((await call('POST', '/password-reset/request', { body: { email } })).status).toBe(200)
    const reset = tokenIn(await mailTo(email, /парола/i), 'reset-password')
    expect((await call('POST', '/password-reset/validate', { body: { token: reset } })).body).toEqual({ valid: true })
    const renewed = 'Cobalt-Harbour-77'
    expect(
      (await call('POST', '/password-reset/reset', { body: { token: reset, new_password: renewed } })).status,
    ).toBe(200)

    for (const { body } of [refreshed, second]) {
      expect(await call('GET', '/auth/me', { token: body.accessToken })).toMatchObject({
        status: 401,
        body: { error: { reason: 'auth.session_revoked' } },
      })
    }
    expect((await signIn(email, password)).body.error.reason).toBe('auth.invalid_credentials')
    expect((await signIn(email, renewed)).status).toBe(200)
  })
})

describe('two companies', () => {
  it('show nothing of one another to their directors, whatever id they ask for', async () => {
    const [home, stranger] = await Promise.all(
      DEMO_ACCOUNTS.filter(({ role }) => role === 'director').map(
        async ({ email }) => (await signIn(email, DEMO_PASSWORD)).body.accessToken as string,
      ),
    )
    let compared = 0
    for (const entity of ['complexes', 'buildings', 'entrances', 'units', 'residencies']) {
      const { body } = await call('GET', `/property/${entity}?limit=20`, { token: home })
      for (const { id } of body.items as { id: string }[]) {
        const foreign = await call('GET', `/property/${entity}/${id}`, { token: stranger })
        const missing = await call('GET', `/property/${entity}/${crypto.randomUUID()}`, { token: stranger })
        expect(foreign.status).toBe(404)
        expect({ ...foreign.body.error, requestId: '' }).toEqual({ ...missing.body.error, requestId: '' })
        compared += 1
      }
    }
    expect(compared).toBeGreaterThan(40)
  })
})
