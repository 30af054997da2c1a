import { database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { anonymous, refusal } from '../../test/callers.ts'
import {
  auditOf,
  eventsOf,
  newEmail,
  outcomesOf,
  OTHER_PASSWORD,
  PASSWORD,
  register,
  signInAs,
  tally,
  unlimited,
  userIdOf,
} from '../../test/identity.ts'

const registration = (overrides: Record<string, unknown> = {}) => ({
  email: newEmail(),
  password: PASSWORD,
  firstName: 'Ana',
  lastName: 'Koleva',
  ...overrides,
})

describe('auth.register', () => {
  it('makes an account, its password and a message, all at once', async () => {
    const input = registration({ locale: 'bg' })
    expect(await anonymous().auth.register(input)).toEqual({ ok: true })
    const [user] = await database.lookup<Record<string, unknown>>(
      `select email, email_key, first_name, last_name, locale, status, email_verified_at, password_hash
       from users join credentials on user_id = id where email_key = $1`,
      [input.email],
    )
    expect(user).toMatchObject({
      email: input.email,
      email_key: input.email,
      first_name: 'Ana',
      last_name: 'Koleva',
      locale: 'bg',
      status: 'active',
      email_verified_at: null,
    })
    expect(user?.password_hash).toMatch(/^\$argon2id\$/)
    expect(await eventsOf(input.email)).toEqual(['auth.verification_requested'])
    expect(await auditOf(input.email)).toMatchObject([{ action: 'auth.register', result: 'ok' }])
  })

  it('keeps the address as typed, and knows it in any case', async () => {
    const email = `Ana.Koleva-${newEmail()}`
    await register(` ${email} `)
    const [user] = await database.lookup('select email from users where id = $1', [await userIdOf(email)])
    expect(user).toEqual({ email })
    await register(email.toUpperCase())
    expect(await eventsOf(email)).toEqual(['auth.verification_requested', 'auth.registration_attempted'])
  })

  it('answers byte for byte the same for a new, a taken, a disabled and a removed address', async () => {
    const [fresh, taken, disabled, removed] = [newEmail(), await register(), await register(), await register()]
    await database.system({}, 'write', async (db) => {
      await db.execute(`update users set status = 'disabled' where email_key = '${disabled}'`)
      await db.execute(`update users set deleted_at = now() where email_key = '${removed}'`)
    })
    const answers = []
    for (const email of [fresh, taken, disabled, removed])
      answers.push(JSON.stringify(await anonymous().auth.register(registration({ email }))))
    expect(new Set(answers)).toEqual(new Set(['{"ok":true}']))
    expect(await eventsOf(taken)).toEqual(['auth.verification_requested', 'auth.registration_attempted'])
  })

  it('leaves a taken account as it was: neither password nor name nor link changes', async () => {
    const email = await register()
    await anonymous().auth.register(registration({ email, password: OTHER_PASSWORD, firstName: 'Mallory' }))
    await expect(signInAs(email, {}, OTHER_PASSWORD)).rejects.toMatchObject(
      refusal('UNAUTHORIZED', 'auth.invalid_credentials'),
    )
    expect((await signInAs(email)).user).toMatchObject({ firstName: 'Ana', emailVerified: false })
  })

  it('makes one account of 50 parallel registrations, and sends no more messages than the limit', async () => {
    const email = newEmail()
    const services = unlimited()
    const calls = Array.from({ length: 50 }, () => anonymous({ services }).auth.register(registration({ email })))
    expect(tally(await outcomesOf(calls))).toEqual({ ok: 50 })
    const [{ count }] = (await database.lookup('select count(*)::int from users where email_key = $1', [email])) as [
      { count: number },
    ]
    expect(count).toBe(1)
    expect((await eventsOf(email)).sort()).toEqual([
      'auth.registration_attempted',
      'auth.registration_attempted',
      'auth.verification_requested',
    ])
  })

  it.each([
    ['too short', 'gh7 kq2 pw', 'password.too_short'],
    ['common', 'password1234', 'password.common'],
    ['made of the name', 'AnaKoleva2024', 'password.contextual'],
    ['made of the product', 'servai-servai', 'password.contextual'],
    ['a keyboard walk', 'qwertyuiop[]', 'password.common'],
  ] as const)('refuses a password that is %s, and stores nothing', async (_, password, reason) => {
    const input = registration({ password })
    await expect(anonymous().auth.register(input)).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      cause: { reason, details: { issues: [{ path: ['password'], code: reason }] } },
    })
    await expect(userIdOf(input.email)).rejects.toThrow('no such account')
  })

  it('asks for no composition: a long sentence in any alphabet will do', async () => {
    for (const password of ['тихая река под старым мостом', 'зелено куче лети високо', 'just lower case words here']) {
      expect(await anonymous().auth.register(registration({ password }))).toEqual({ ok: true })
    }
  })

  it.each([
    ['a role', { role: 'platform_admin' }],
    ['a company', { companyId: '0199a5a0-0000-7000-8000-000000000001' }],
    ['a proven address', { emailVerified: true }],
    ['a token version', { tokenVersion: 7 }],
    ['an unknown language', { locale: 'xx' }],
    ['an empty name', { firstName: '  ' }],
    ['a name with a line break', { firstName: 'Ana\r\nBcc: all@example.test' }],
    ['a name with NUL', { lastName: 'Kol\0eva' }],
    ['a name with half a surrogate pair', { lastName: 'Kol\ud800eva' }],
    ['a password with NUL', { password: 'plum trees over\0 the old river' }],
    ['a password with half a surrogate pair', { password: 'plum trees over \ud800 the river' }],
    ['a password of more than 1024 bytes', { password: 'щ'.repeat(513) }],
    ['no address', { email: undefined }],
    ['two addresses', { email: 'a@example.test,b@example.test' }],
    ['an address with a header', { email: 'a@example.test\nBcc: b@example.test' }],
    ['an address with two @', { email: 'a@b@example.test' }],
    ['an address without a domain', { email: 'a@localhost' }],
    ['an address longer than 254', { email: `${'a'.repeat(64)}@${'b.'.repeat(100)}example.test` }],
    ['an address that is a list', { email: ['a@example.test'] }],
  ])('refuses %s', async (_, change) => {
    const input = registration(change) as Parameters<ReturnType<typeof anonymous>['auth']['register']>[0]
    await expect(anonymous().auth.register(input)).rejects.toMatchObject(refusal('BAD_REQUEST', 'request.invalid'))
  })

  it('is refused inside a batch', async () => {
    await expect(anonymous({ calls: 2 }).auth.register(registration())).rejects.toMatchObject(
      refusal('BAD_REQUEST', 'auth.batch_refused'),
    )
  })

  it('is limited by network: one /64 of IPv6 is one client', async () => {
    const services = unlimited()
    const from = (host: number) => anonymous({ services, address: `2001:db8:1:2::${host.toString(16)}` })
    const calls = Array.from({ length: 61 }, (_, host) =>
      from(host + 1).auth.register(registration({ password: 'short' })),
    )
    expect(tally(await outcomesOf(calls))).toEqual({ 'password.too_short': 60, 'request.rate_limited': 1 })
    await expect(
      anonymous({ services, address: '2001:db8:1:3::1' }).auth.register(registration({ password: 'short' })),
    ).rejects.toMatchObject(refusal('BAD_REQUEST', 'password.too_short'))
  })
})
