import { randomBytes } from 'node:crypto'
import { createDatabase } from '@servai/db'
import { migrate } from '@servai/db/migrate'
import { provision } from '@servai/db/provision'
import type { Message } from '@servai/email/messages'
import { accountErasures } from '@servai/db/schema/account-changes'
import { roleGrants } from '@servai/db/schema/grants'
import { sessions } from '@servai/db/schema/sessions'
import { users } from '@servai/db/schema/users'
import {
  buildBuilding,
  buildClaim,
  buildCompany,
  buildComplex,
  buildGrant,
  buildPerson,
  buildResidency,
  buildSession,
  buildUnit,
  buildUser,
  database,
} from '@servai/db/test/factories'
import { createPrincipalCache } from '@servai/redis/principal-cache'
import { eq } from 'drizzle-orm'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { anonymous, as, asUser, refusal, services } from '../../../test/callers.ts'
import {
  outcomesOf,
  PASSWORD,
  refusedLogin,
  register,
  registerVerified,
  signInAs,
  tally,
  tokenOf,
  unlimited,
  userIdOf,
} from '../../../test/identity.ts'
import type { JobCtx } from '../../jobs.ts'
import { mailAccountErased } from './jobs.ts'

const erase = (email: string, overrides = {}) =>
  signInAs(email, overrides).then(({ as: call }) => call().auth.personalData.erase({ confirmation: email }))

const count = async (table: string, userId: string) => {
  const [row] = await database.lookup<{ rows: number }>(
    `select count(*)::int as rows from ${table} where user_id = $1`,
    [userId],
  )
  return row?.rows
}

/** One in which nobody is an administrator yet. */
const openEmptyDatabase = async () => {
  const name = `erasure_${randomBytes(4).toString('hex')}`
  const logins = { owner: inject('databaseOwnerUrl'), app: inject('databaseUrl'), system: inject('databaseSystemUrl') }
  const password = (url: string) => decodeURIComponent(new URL(url).password)
  const passwords = { owner: password(logins.owner), app: password(logins.app), system: password(logins.system) }
  await provision(inject('adminUrl'), { database: name, passwords })
  const urlOf = (login: string) => Object.assign(new URL(login), { pathname: `/${name}` }).href
  await migrate(urlOf(logins.owner))
  return createDatabaseAt(urlOf(logins.app), urlOf(logins.system))
}

const createDatabaseAt = (appUrl: string, systemUrl: string) => {
  const own = createDatabase({
    appUrl,
    systemUrl,
    appMax: 1,
    systemMax: 2,
    acquireTimeoutMs: 10_000,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 5_000,
    lockTimeoutMs: 2_000,
    idleInTransactionTimeoutMs: 10_000,
  })
  return { database: own, close: () => own.close() }
}

describe('an erased account', () => {
  it('opens with nothing any more, and frees its address for a new account that has nothing of it', async () => {
    const email = await registerVerified()
    const userId = await userIdOf(email)
    const other = await signInAs(email)
    await anonymous({ services: unlimited() }).reset.request({ email })
    const reset = await tokenOf(email, 'reset_password')
    await erase(email)
    await expect(other.as().auth.me()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    await expect(anonymous().auth.refresh({ refreshToken: other.refreshToken })).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
    })
    expect(await refusedLogin(email, PASSWORD)).toContain('auth.invalid_credentials')
    expect(await anonymous({ services: unlimited() }).reset.validate({ token: reset })).toEqual({ valid: false })
    for (const table of ['credentials', 'sessions', 'auth_tokens', 'trusted_devices', 'account_exports', 'role_grants'])
      expect([table, await count(table, userId)]).toEqual([table, 0])

    await registerVerified(email)
    expect(await userIdOf(email)).not.toBe(userId)
    expect(await (await signInAs(email)).as().auth.me()).toMatchObject({ contexts: [] })
  })

  it('leaves no name and no address in any row but that of its last message, which is cleared when it is sent', async () => {
    const email = await registerVerified()
    const userId = await userIdOf(email)
    await erase(email)
    const [user] = await database.lookup('select email, first_name, last_name, status from users where id = $1', [
      userId,
    ])
    expect(user).toEqual({ email: `${userId}@erased.invalid`, first_name: '', last_name: '', status: 'disabled' })
    const log = await database.lookup<{ text: string }>(
      'select row_to_json(a)::text as text from audit_log a where $1::uuid in (actor_id, entity_id)',
      [userId],
    )
    expect(log.some(({ text }) => text.includes('auth.erase'))).toBe(true)
    for (const { text } of log) expect(text).not.toMatch(new RegExp(`${email}|Koleva`))

    const [erasure] = await database.system({}, 'read', (db) =>
      db.select().from(accountErasures).where(eq(accountErasures.userId, userId)),
    )
    const sent: [string, string][] = []
    const job = {
      database,
      emittedAt: new Date(),
      mail: {
        sender: { appUrl: 'https://homes.example', senderName: 'servAI' },
        send: async (to: string, message: Message) => {
          sent.push([to, message.subject])
        },
      },
    } as unknown as JobCtx
    expect(await mailAccountErased(job, { erasureId: erasure!.id })).toBe('done')
    expect(await mailAccountErased(job, { erasureId: erasure!.id })).toBe('skipped')
    expect(sent).toEqual([[email, 'Your account at servAI has been erased']])
    expect(await database.lookup('select email from account_erasures where user_id = $1', [userId])).toEqual([
      { email: null },
    ])
  })

  it('leaves what a company knows of the person and their home to the company, without the account', async () => {
    const email = await registerVerified()
    const userId = await userIdOf(email)
    const company = await buildCompany()
    const complex = await buildComplex({ company })
    const person = await buildPerson({ company, userId, firstName: 'Мария', email })
    await buildResidency({ person, unit: await buildUnit({ building: await buildBuilding({ complex }) }) })
    await buildClaim({ complex, userId, email, message: 'Живу здесь', phone: '+359 88' })
    await erase(email)
    const seen = await as(company, 'director').property.people.get({ id: person.id })
    expect(seen).toMatchObject({ firstName: 'Мария', email, hasAccount: false })
    expect(seen.homes).toHaveLength(1)
    const [claim] = await database.lookup(
      'select status, first_name, email, phone, message from claims where user_id = $1',
      [userId],
    )
    expect(claim).toEqual({
      status: 'withdrawn',
      first_name: '',
      email: `${userId}@erased.invalid`,
      phone: null,
      message: '',
    })
  })

  it('keeps the log true: what it did stays written under its id', async () => {
    const email = await registerVerified()
    const userId = await userIdOf(email)
    const actions = async () =>
      database.lookup<{ id: number }>('select id, action, actor_id from audit_log where actor_id = $1 order by id', [
        userId,
      ])
    const before = await actions()
    await erase(email)
    expect((await actions()).slice(0, before.length)).toEqual(before)
  })
})

describe('an account is not erased', () => {
  it('by mistake: its address has to be written', async () => {
    const email = await registerVerified()
    const { as: call } = await signInAs(email)
    for (const confirmation of ['yes', `x${email}`])
      await expect(call().auth.personalData.erase({ confirmation })).rejects.toMatchObject(
        refusal('BAD_REQUEST', 'personal_data.not_confirmed'),
      )
    await call().auth.me()
    await call().auth.personalData.erase({ confirmation: ` ${email.toUpperCase()} ` })
  })

  it('without a recent proof', async () => {
    const user = await buildUser()
    const session = await buildSession(user, { authenticatedAt: new Date(Date.now() - 16 * 60_000) })
    const accessToken = await services.accessTokens.sign({ userId: user.id, sessionId: session.id, tokenVersion: 1 })
    await expect(
      anonymous({ accessToken }).auth.personalData.erase({ confirmation: user.email }),
    ).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.step_up_required'))
  })

  it('while it is the last director of a company, whatever it is elsewhere', async () => {
    const [alone, together] = [await buildCompany(), await buildCompany()]
    const [user, colleague] = [await buildUser(), await buildUser()]
    await buildGrant(user, 'director', { companyId: alone.id })
    for (const director of [user, colleague]) await buildGrant(director, 'director', { companyId: together.id })
    const eraseAs = (who: typeof user, companyId: string) =>
      asUser(who, `staff:${companyId}`).auth.personalData.erase({ confirmation: who.email })
    await expect(eraseAs(user, alone.id)).rejects.toMatchObject(refusal('CONFLICT', 'staff.last_director'))
    expect(await count('role_grants', user.id)).toBe(2)
    await eraseAs(colleague, together.id)
    expect(await count('role_grants', colleague.id)).toBe(0)
  })

  it('together with the only other director: one of two who go at once stays', async () => {
    for (let round = 0; round < 10; round += 1) {
      const company = await buildCompany()
      const pair = [await buildUser(), await buildUser()]
      for (const user of pair) await buildGrant(user, 'director', { companyId: company.id })
      const outcomes = await outcomesOf(
        pair.map((user) => asUser(user).auth.personalData.erase({ confirmation: user.email })),
      )
      expect(tally(outcomes)).toEqual({ ok: 1, 'staff.last_director': 1 })
    }
  })

  it('while it is the platform’s last administrator, also when two go at once', async () => {
    const own = await openEmptyDatabase()
    onTestFinished(own.close)
    const { database: platform } = own
    const pair = await platform.system({}, 'write', async (db) => {
      const names = { firstName: 'A', lastName: 'B', locale: 'en', emailVerifiedAt: new Date() }
      const made = await db
        .insert(users)
        .values(['a@b.test', 'c@b.test'].map((email) => ({ email, emailKey: email, ...names })))
        .returning()
      await db.insert(roleGrants).values(made.map(({ id: userId }) => ({ userId, role: 'platform_admin' as const })))
      return made
    })
    const using = unlimited({ database: platform, principals: createPrincipalCache({ redis: null }) })
    const outcomes = await outcomesOf(
      pair.map(async ({ id: userId, email }) => {
        const nonce = { nonce: 'n', keyId: 'k', expiresAt: new Date(Date.now() + 60_000), idleSeconds: 60 }
        const [session] = await platform.system({}, 'write', (db) =>
          db
            .insert(sessions)
            .values({ userId, delivery: 'body', addressPrefix: '10.0.0.0/24', userAgent: 'x', ...nonce })
            .returning(),
        )
        const accessToken = await services.accessTokens.sign({ userId, sessionId: session!.id, tokenVersion: 1 })
        return anonymous({ services: using, accessToken }).auth.personalData.erase({ confirmation: email })
      }),
    )
    expect(tally(outcomes)).toEqual({ ok: 1, 'personal_data.last_platform_admin': 1 })
  })

  it('twice, by fifty calls at once', async () => {
    const email = await register()
    const { as: call } = await signInAs(email)
    const outcomes = await outcomesOf(
      Array.from({ length: 50 }, () =>
        call({ services: unlimited() }).auth.personalData.erase({ confirmation: email }),
      ),
    )
    expect(tally(outcomes).ok).toBe(1)
  })
})
