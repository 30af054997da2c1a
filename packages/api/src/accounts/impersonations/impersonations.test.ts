import { buildCompany, buildGrant, buildUser, database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { atWork, buildStranger, topicsAbout } from '../../../test/accounts.ts'
import { anonymous, as, buildRequest, employ, refusal, services, signIn } from '../../../test/callers.ts'
import { outcomesOf, unlimited } from '../../../test/identity.ts'
import { openUpload } from '../../property/import/upload.ts'

const reason = 'Does not see the second unit'
const REVOKED = refusal('UNAUTHORIZED', 'auth.session_revoked')
const LIMITED = { reason: 'request.rate_limited' }
const READ_ONLY = refusal('FORBIDDEN', 'auth.read_only')
const IMPERSONATING = refusal('FORBIDDEN', 'auth.impersonating')

const complex = { name: 'New', city: 'Varna', address: 'Morska 1', timezone: 'Europe/Sofia' }

/** An admin who sees with the eyes of a director. */
const begin = async (access: 'read' | 'write' = 'read') => {
  const company = await buildCompany()
  const admin = await atWork(null, 'platform_admin')
  const { user, contextKey } = await employ(company, 'director')
  const started = await admin.caller.accounts.impersonations.start({ id: user.id, reason, access })
  const view = anonymous({ accessToken: started.accessToken, contextKey })
  return { company, admin, user, contextKey, started, view }
}

describe('seeing as somebody else', () => {
  it('shows exactly what they see, for half an hour at most, and changes nothing', async () => {
    const { user, started, view } = await begin()
    expect(started).toMatchObject({ access: 'read', account: { id: user.id, email: user.email } })
    expect(started.expiresIn).toBeGreaterThan(29 * 60)
    expect(started.expiresIn).toBeLessThanOrEqual(30 * 60)
    expect(await view.auth.me()).toMatchObject({ id: user.id, email: user.email, contexts: [{ roles: ['director'] }] })
    expect((await view.property.complexes.list({})).items).toEqual([])
    await expect(view.property.complexes.create(complex)).rejects.toMatchObject(READ_ONLY)
  })

  it('changes what they may change where that was asked for, and the log names both', async () => {
    const { company, admin, user, started, view } = await begin('write')
    const { id } = await view.property.complexes.create(complex)
    const audited = await database.lookup(
      `select action, actor_id as actor, impersonator_id as impersonator, session_id as session from audit_log where entity_id = $1`,
      [id],
    )
    expect(audited).toEqual([
      { action: 'complexes.create', actor: user.id, impersonator: admin.user.id, session: admin.sessionId },
    ])
    const [begun] = await database.lookup(
      `select actor_id as actor, company_id as company, after from audit_log where action = 'accounts.impersonation_start' and entity_id = $1`,
      [user.id],
    )
    expect(begun).toEqual({
      actor: admin.user.id,
      company: null,
      after: { impersonationId: started.id, access: 'write', reason },
    })
    expect(company.id).toBeTypeOf('string')
  })

  it('uses up no uploads and no searches of theirs', async () => {
    const company = await buildCompany()
    const admin = await atWork(null, 'platform_admin')
    const { user, contextKey } = await employ(company, 'director')
    const started = await admin.caller.accounts.impersonations.start({ id: user.id, reason, access: 'write' })
    const own = await signIn(user)
    const shared = unlimited()
    const seen = { accessToken: started.accessToken, contextKey, services: shared }
    const theirs = { accessToken: own.accessToken, contextKey, services: shared }
    for (let time = 0; time < 20; time += 1) await openUpload(buildRequest(seen), { kind: 'units' })
    await expect(openUpload(buildRequest(seen), { kind: 'units' })).rejects.toMatchObject(LIMITED)
    await openUpload(buildRequest(theirs), { kind: 'units' })
    for (let time = 0; time < 120; time += 1) await anonymous(seen).property.search({ q: 'nobody' })
    await expect(anonymous(seen).property.search({ q: 'nobody' })).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' })
    await anonymous(theirs).property.search({ q: 'nobody' })
  })

  it('has its refusals written down with both names', async () => {
    const { admin, user, view } = await begin()
    await expect(view.auth.logoutAll()).rejects.toMatchObject(IMPERSONATING)
    const [denied] = await database.lookup(
      `select actor_id as actor, impersonator_id as impersonator, result from audit_log where action = 'auth.logoutAll' and actor_id = $1`,
      [user.id],
    )
    expect(denied).toEqual({ actor: user.id, impersonator: admin.user.id, result: 'denied' })
  })

  it('asks for a reason, a fresh proof and the right role', async () => {
    const { id } = await buildStranger()
    const start = (caller: ReturnType<typeof as>, why = reason) =>
      caller.accounts.impersonations.start({ id, reason: why })
    await expect(start(as(null, 'platform_admin'), 'why not')).rejects.toMatchObject(
      refusal('BAD_REQUEST', 'request.invalid'),
    )
    const company = await buildCompany()
    for (const caller of [as(company, 'director'), as(null, 'platform_accountant'), as(company, 'resident')])
      await expect(start(caller)).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.forbidden'))
    const { user, contextKey } = await employ(null, 'platform_admin')
    const { accessToken } = await signIn(user, { authenticatedAt: new Date(Date.now() - 16 * 60_000) })
    await expect(start(anonymous({ accessToken, contextKey }))).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.step_up_required'),
    )
  })

  it('is of nobody who works for the platform, not of oneself, of nobody disabled, and of nobody unknown', async () => {
    const admin = await atWork(null, 'platform_admin')
    const start = (id: string) => admin.caller.accounts.impersonations.start({ id, reason })
    for (const role of ['platform_admin', 'platform_accountant'] as const) {
      const { user } = await employ(null, role)
      await expect(start(user.id)).rejects.toMatchObject(refusal('FORBIDDEN', 'accounts.platform_staff'))
    }
    await expect(start(admin.user.id)).rejects.toMatchObject(refusal('FORBIDDEN', 'accounts.own'))
    const disabled = await buildUser({ status: 'disabled' })
    await expect(start(disabled.id)).rejects.toMatchObject(refusal('CONFLICT', 'accounts.disabled'))
    await expect(start(crypto.randomUUID())).rejects.toMatchObject(refusal('NOT_FOUND', 'accounts.not_found'))
  })

  it('cannot be begun out of an impersonation', async () => {
    const { view, user } = await begin('write')
    await expect(view.accounts.impersonations.start({ id: user.id, reason })).rejects.toMatchObject(IMPERSONATING)
  })
})

describe('it ends', () => {
  it('when it is ended, once; and is told to the owner of the account then', async () => {
    const { admin, user, started, view } = await begin()
    await admin.caller.accounts.impersonations.end({ id: started.id })
    await expect(view.auth.me()).rejects.toMatchObject(REVOKED)
    await expect(admin.caller.accounts.impersonations.end({ id: started.id })).rejects.toMatchObject(
      refusal('NOT_FOUND', 'accounts.impersonation_not_found'),
    )
    expect(await topicsAbout(user.id)).toEqual(['accounts.impersonation_expired', 'accounts.impersonation_ended'])
    await admin.caller.auth.me()
  })

  it('where another one is begun in the same session', async () => {
    const { admin, view } = await begin()
    const { id } = await buildStranger()
    const other = await admin.caller.accounts.impersonations.start({ id, reason })
    await expect(view.auth.me()).rejects.toMatchObject(REVOKED)
    expect((await anonymous({ accessToken: other.accessToken }).auth.me()).id).toBe(id)
  })

  it('with the session it was begun in', async () => {
    const { admin, view } = await begin()
    await admin.caller.auth.logout({})
    await expect(view.auth.me()).rejects.toMatchObject(REVOKED)
  })

  it('with the role of whoever began it, and with their account', async () => {
    const lost = await begin()
    await database.lookup(`delete from role_grants where user_id = $1`, [lost.admin.user.id])
    await expect(lost.view.auth.me()).rejects.toMatchObject(REVOKED)
    const closed = await begin()
    await as(null, 'platform_admin').accounts.disable({ id: closed.admin.user.id, reason })
    await expect(closed.view.auth.me()).rejects.toMatchObject(REVOKED)
  })

  it('for good where that role is given back before its half hour is over', async () => {
    const { admin, view } = await begin()
    await view.auth.me()
    await database.lookup(`delete from role_grants where user_id = $1`, [admin.user.id])
    await buildGrant(admin.user, 'platform_admin')
    await expect(view.auth.me()).rejects.toMatchObject(REVOKED)
  })

  it('with every session of whoever began it, as after a change of password', async () => {
    const { admin, view } = await begin()
    await database.lookup('update users set token_version = token_version + 1 where id = $1', [admin.user.id])
    await expect(view.auth.me()).rejects.toMatchObject(REVOKED)
  })

  it('with the account that is seen, and when that begins to work for the platform', async () => {
    const closed = await begin()
    await as(closed.company, 'director').accounts.disable({ id: closed.user.id, reason })
    await expect(closed.view.auth.me()).rejects.toMatchObject(REVOKED)
    const raised = await begin()
    await buildGrant(raised.user, 'platform_accountant')
    await expect(raised.view.auth.me()).rejects.toMatchObject(REVOKED)
  })

  it('after half an hour, by the clock of the token and by that of the row', async () => {
    const { started, contextKey } = await begin()
    const later = { ...unlimited(), now: () => new Date(Date.now() + 31 * 60_000) }
    const { accessToken } = started
    await expect(anonymous({ services: later, accessToken, contextKey }).auth.me()).rejects.toMatchObject(
      refusal('UNAUTHORIZED', 'auth.session_expired'),
    )
    expect((await services.accessTokens.verify(accessToken))!.expiresAt.getTime()).toBeLessThanOrEqual(
      Date.now() + 30 * 60_000,
    )
  })

  it('once for each of two that are begun at once in one session', async () => {
    const admin = await atWork(null, 'platform_admin')
    const users = await Promise.all([buildStranger(), buildStranger(), buildStranger()])
    await outcomesOf(users.map(({ id }) => admin.caller.accounts.impersonations.start({ id, reason })))
    const [open] = await database.lookup<{ count: number }>(
      'select count(*)::int from impersonations where session_id = $1 and ended_at is null',
      [admin.sessionId],
    )
    expect(open!.count).toBe(1)
  })
})

describe('a token of it', () => {
  it('is worth nothing with another account or session in it', async () => {
    const { admin, user, started } = await begin()
    const other = await buildStranger()
    const { sessionId } = await signIn(admin.user)
    const forged = { userId: user.id, sessionId: admin.sessionId, tokenVersion: 1, impersonationId: started.id }
    for (const claims of [
      { ...forged, userId: other.id },
      { ...forged, sessionId },
      { ...forged, impersonationId: crypto.randomUUID() },
    ]) {
      const accessToken = await services.accessTokens.sign(claims)
      await expect(anonymous({ accessToken }).auth.me()).rejects.toMatchObject(
        refusal('UNAUTHORIZED', 'auth.unauthenticated'),
      )
    }
  })

  it('ends no session of anybody', async () => {
    const { admin, user, started } = await begin()
    const theirs = await signIn(user)
    await anonymous({ accessToken: started.accessToken }).auth.logout({})
    await anonymous({ accessToken: theirs.accessToken }).auth.me()
    await admin.caller.auth.me()
  })
})

describe('the list of them', () => {
  it('says who was seen by whom, when and why, and is the platform’s', async () => {
    const { admin, user, started, company } = await begin('write')
    const first = async () => (await admin.caller.accounts.impersonations.list({ limit: 1 })).items[0]
    expect(await first()).toMatchObject({
      id: started.id,
      impersonator: { id: admin.user.id },
      account: { id: user.id },
      access: 'write',
      reason,
      isOpen: true,
      endsAt: started.expiresAt,
    })
    await admin.caller.accounts.impersonations.end({ id: started.id })
    expect(await first()).toMatchObject({ id: started.id, isOpen: false })
    await expect(as(company, 'director').accounts.impersonations.list({})).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.forbidden'),
    )
  })
})
