import { issueRowToken } from '@servai/auth/row-token'
import { FACTOR_RESET_TOKEN } from '@servai/db/factor-resets'
import { buildCompany, database, type User } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { accessOf, atWork, buildFactors, topicsAbout } from '../../../test/accounts.ts'
import { anonymous, as, asUser, employ, refusal, services } from '../../../test/callers.ts'
import { outcomesOf, tally } from '../../../test/identity.ts'

const reason = 'Lost the phone, known in person'
const UNKNOWN = refusal('NOT_FOUND', 'accounts.reset_not_found')
const SECOND_PERSON = refusal('FORBIDDEN', 'accounts.second_person')
const KEPT = { totp: 1, passkeys: 1, recoveryCodes: 3, trustedDevices: 1, sessions: 1 }
const NONE = { totp: 0, passkeys: 0, recoveryCodes: 0, trustedDevices: 0, sessions: 0, challenges: 0 }

const buildCase = async () => {
  const company = await buildCompany()
  const [asking, approving] = await Promise.all([atWork(company, 'director'), atWork(company, 'director')])
  const { user, contextKey } = await employ(company, 'accountant')
  await buildFactors(user)
  const theirs = asUser(user, contextKey)
  await theirs.auth.me()
  return { company, asking, approving, user, theirs }
}

const ask = async (caller: ReturnType<typeof asUser>, { id }: User) => {
  const { factorReset } = await caller.accounts.factorResets.request({ id, reason })
  return factorReset!.id
}

const openCase = async () => {
  const made = await buildCase()
  return { ...made, id: await ask(made.asking.caller, made.user) }
}

const approversOf = async (id: string) => {
  const rows = await database.lookup<{ id: string }>(
    `select payload ->> 'approverId' as id from outbox where topic = 'accounts.factor_reset_approval_asked' and payload ->> 'resetId' = $1`,
    [id],
  )
  return rows.map((row) => row.id)
}

describe('taking the second factor off an account', () => {
  it('needs two people; then nothing of it is left, and every session has ended', async () => {
    const { asking, approving, user, theirs, id } = await openCase()
    expect(await accessOf(user)).toMatchObject(KEPT)
    expect((await approving.caller.accounts.factorResets.list({})).items).toMatchObject([
      { id, account: { id: user.id }, reason, requestedBy: { id: asking.user.id }, allowed: ['approve', 'cancel'] },
    ])
    await approving.caller.accounts.factorResets.approve({ id })
    expect(await accessOf(user)).toMatchObject(NONE)
    await expect(theirs.auth.me()).rejects.toMatchObject(refusal('UNAUTHORIZED', 'auth.session_revoked'))
    expect((await approving.caller.accounts.factorResets.list({})).items).toEqual([])
  })

  it('is told to the owner when it is asked for and when it is done, and written down with both names', async () => {
    const { company, asking, approving, user, id } = await openCase()
    expect(await topicsAbout(user.id)).toEqual([
      'accounts.factor_reset_requested',
      'accounts.factor_reset_approval_asked',
    ])
    await approving.caller.accounts.factorResets.approve({ id })
    expect((await topicsAbout(user.id)).at(-1)).toBe('auth.factors_changed')
    const audited = await database.lookup(
      `select action, actor_id as actor, after ->> 'requestedBy' as asked, company_id as company from audit_log
       where entity_id = $1 and action like 'accounts.factor%' order by id`,
      [user.id],
    )
    expect(audited).toEqual([
      { action: 'accounts.factor_reset_request', actor: asking.user.id, asked: null, company: company.id },
      {
        action: 'accounts.factor_reset_approve',
        actor: approving.user.id,
        asked: asking.user.id,
        company: company.id,
      },
    ])
  })

  it('is approved by nobody who asked for it, nor by the owner', async () => {
    const { asking, company, user, id } = await openCase()
    await expect(asking.caller.accounts.factorResets.approve({ id })).rejects.toMatchObject(SECOND_PERSON)
    expect((await asking.caller.accounts.factorResets.list({})).items[0]!.allowed).toEqual(['cancel'])
    const promoted = await atWork(company, 'director', user)
    await expect(promoted.caller.accounts.factorResets.approve({ id })).rejects.toMatchObject(
      refusal('FORBIDDEN', 'accounts.own'),
    )
    expect(await accessOf(user)).toMatchObject({ totp: 1, passkeys: 1 })
  })

  it('is nobody’s to see or decide in another company, and no accountant’s in the same', async () => {
    const { company, user, id } = await openCase()
    const stranger = as(await buildCompany(), 'director')
    await expect(stranger.accounts.factorResets.approve({ id })).rejects.toMatchObject(UNKNOWN)
    await expect(stranger.accounts.factorResets.cancel({ id })).rejects.toMatchObject(UNKNOWN)
    expect((await stranger.accounts.factorResets.list({})).items).toEqual([])
    await expect(as(company, 'accountant').accounts.factorResets.approve({ id })).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.forbidden'),
    )
    expect(await accessOf(user)).toMatchObject(KEPT)
  })

  it('is approved once of fifty times at once', async () => {
    const { company, user, id } = await openCase()
    const approvers = Array.from({ length: 10 }, () => as(company, 'director'))
    const calls = Array.from({ length: 50 }, (_, call) => approvers[call % 10]!.accounts.factorResets.approve({ id }))
    expect(tally(await outcomesOf(calls))).toEqual({ ok: 1, 'accounts.reset_not_found': 49 })
    const [done] = await database.lookup<{ count: number }>(
      `select count(*)::int from audit_log where entity_id = $1 and action = 'accounts.factor_reset_approve'`,
      [user.id],
    )
    expect(done!.count).toBe(1)
  }, 60_000)

  it('may be decided by the platform, too', async () => {
    const { user, id } = await openCase()
    await as(null, 'platform_admin').accounts.factorResets.approve({ id })
    expect(await accessOf(user)).toMatchObject(NONE)
  })

  it('is the platform’s to approve where the platform asked', async () => {
    const { approving, user } = await buildCase()
    const admin = await atWork(null, 'platform_admin')
    const id = await ask(admin.caller, user)
    await expect(approving.caller.accounts.factorResets.approve({ id })).rejects.toMatchObject(UNKNOWN)
    await expect(admin.caller.accounts.factorResets.approve({ id })).rejects.toMatchObject(SECOND_PERSON)
    await as(null, 'platform_admin').accounts.factorResets.approve({ id })
    expect(await accessOf(user)).toMatchObject(NONE)
  })
})

describe('a request', () => {
  it('is told to the other directors, and to the platform where there is none', async () => {
    const { approving, asking, user, id } = await openCase()
    expect(await approversOf(id)).toEqual([approving.user.id])
    const admin = await atWork(null, 'platform_admin')
    await admin.caller.accounts.disable({ id: approving.user.id, reason })
    await asking.caller.accounts.factorResets.cancel({ id })
    const alone = await ask(asking.caller, user)
    expect(await approversOf(alone)).toContain(admin.user.id)
    expect(await approversOf(alone)).not.toContain(asking.user.id)
  })

  it('is one at a time, for an account that has something to lose', async () => {
    const { company, approving, user } = await openCase()
    await expect(ask(approving.caller, user)).rejects.toMatchObject(refusal('CONFLICT', 'accounts.reset_open'))
    const { user: without } = await employ(company, 'guard')
    await expect(ask(as(null, 'platform_admin'), without)).rejects.toMatchObject(
      refusal('CONFLICT', 'accounts.no_factors'),
    )
  })

  it('ends after a day, and can be made again', async () => {
    const { asking, approving, user, id } = await openCase()
    await database.lookup(`update factor_resets set expires_at = now() - interval '1 second' where id = $1`, [id])
    await expect(approving.caller.accounts.factorResets.approve({ id })).rejects.toMatchObject(UNKNOWN)
    const again = await ask(asking.caller, user)
    await approving.caller.accounts.factorResets.approve({ id: again })
  })

  it('is worth nothing once whoever asked may not ask any more', async () => {
    const { company, asking, approving, user, id } = await openCase()
    await approving.caller.accounts.disable({ id: asking.user.id, reason })
    await expect(approving.caller.accounts.factorResets.approve({ id })).rejects.toMatchObject(UNKNOWN)
    const again = await ask(approving.caller, user)
    await as(company, 'director').accounts.factorResets.approve({ id: again })
    expect(await accessOf(user)).toMatchObject(NONE)
  })

  it('is withdrawn by who asked, and declined by who might approve', async () => {
    for (const who of ['asking', 'approving'] as const) {
      const opened = await openCase()
      await opened[who].caller.accounts.factorResets.cancel({ id: opened.id })
      await expect(opened.approving.caller.accounts.factorResets.approve({ id: opened.id })).rejects.toMatchObject(
        UNKNOWN,
      )
      expect(await accessOf(opened.user)).toMatchObject(KEPT)
    }
  })
})

describe('the owner of the account', () => {
  const INVALID = refusal('BAD_REQUEST', 'accounts.reset_token_invalid')
  const tokenOf = (id: string, purpose = FACTOR_RESET_TOKEN) => issueRowToken(services.tokenKeys, purpose, id)

  it('refuses by the link in the message, without signing in, and twice does no harm', async () => {
    const { approving, user, id } = await openCase()
    const token = tokenOf(id)
    await anonymous().accounts.factorResets.refuse({ token })
    await anonymous().accounts.factorResets.refuse({ token })
    await expect(approving.caller.accounts.factorResets.approve({ id })).rejects.toMatchObject(UNKNOWN)
    expect(await accessOf(user)).toMatchObject(KEPT)
    const [audited] = await database.lookup<{ actor: string }>(
      `select actor_id as actor from audit_log where entity_id = $1 and action = 'accounts.factor_reset_cancel'`,
      [user.id],
    )
    expect(audited).toEqual({ actor: user.id })
  })

  it('refuses signed in, where they see what is asked', async () => {
    const { theirs, approving, company, id } = await openCase()
    const [{ name }] = (await database.lookup<{ name: string }>('select name from companies where id = $1', [
      company.id,
    ])) as [{ name: string }]
    expect((await theirs.accounts.factorResets.own()).reset).toMatchObject({ id, reason, company: name })
    await theirs.accounts.factorResets.refuseOwn()
    expect((await theirs.accounts.factorResets.own()).reset).toBeNull()
    await expect(theirs.accounts.factorResets.refuseOwn()).rejects.toMatchObject(UNKNOWN)
    await expect(approving.caller.accounts.factorResets.approve({ id })).rejects.toMatchObject(UNKNOWN)
  })

  it('is told that a link is worth nothing when it is forged, of another purpose, or too late', async () => {
    const { approving, id } = await openCase()
    const refuse = (token: string) => anonymous().accounts.factorResets.refuse({ token })
    for (const token of ['x', tokenOf(id, 'reset_password'), `${id}.test.${'A'.repeat(43)}`])
      await expect(refuse(token)).rejects.toMatchObject(INVALID)
    await approving.caller.accounts.factorResets.approve({ id })
    await expect(refuse(tokenOf(id))).rejects.toMatchObject(INVALID)
  })

  it('either refuses or is too late where both happen at once', async () => {
    const { approving, user, id } = await openCase()
    const [approved, refused] = await outcomesOf([
      approving.caller.accounts.factorResets.approve({ id }),
      anonymous().accounts.factorResets.refuse({ token: tokenOf(id) }),
    ])
    const isOff = (await accessOf(user))['totp'] === 0
    expect([approved, refused]).toEqual(
      isOff ? [{ ok: true }, 'accounts.reset_token_invalid'] : ['accounts.reset_not_found', { ok: true }],
    )
  })
})
