import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildPerson,
  buildResidency,
  buildUnit,
  buildUser,
  database,
  type Unit,
  type User,
} from '@servai/db/test/factories'
import { beforeAll, describe, expect, it } from 'vitest'
import { anonymous, as, asUser, refusal, services, signIn, type Caller } from '../../../test/callers.ts'
import { auditOf, outcomesOf, tally, unlimited } from '../../../test/identity.ts'

let company: { id: string; name: string }
let director: Caller['property']
beforeAll(async () => {
  company = await buildCompany()
  director = as(company, 'director').property
})

const buildHome = async (): Promise<Unit> =>
  buildUnit({ building: await buildBuilding({ complex: await buildComplex({ company }) }) })

const tokenOf = ({ path }: { path: string | null }) => path!.slice('/invite#'.length)

const invite = async (unit: Unit, more: Partial<Parameters<typeof director.invites.create>[0]> = {}) => {
  const created = await director.invites.create({ unitId: unit.id, kind: 'owner', replace: true, ...more })
  return { id: created.id, token: tokenOf(created) }
}

const accept = (user: User, token: string) => asUser(user).property.invites.accept({ token })
const residentsOf = async (unit: Unit) => (await director.residencies.list({ unitId: unit.id, limit: 100 })).items
const DEAD = refusal('NOT_FOUND', 'invites.token_invalid')
const alter = (statement: string, id: string) => database.lookup(statement, [id])

describe('who holds a link', () => {
  it('is told where it leads and nothing about people', async () => {
    const unit = await buildHome()
    await buildResidency({ unit, person: await buildPerson({ company, lastName: 'Secretova' }) })
    const { token } = await invite(unit, { kind: 'tenant' })
    expect(await anonymous().property.invites.preview({ token })).toEqual({
      company: company.name,
      complex: expect.any(String),
      address: 'Varna, Morska 1',
      building: expect.any(String),
      unit: unit.number,
      kind: 'tenant',
    })
  })

  it('gets in from today on, verified, and acts there with the next request', async () => {
    const unit = await buildHome()
    const { id, token } = await invite(unit)
    const user = await buildUser()
    const caller = asUser(user)
    await expect(caller.property.units.list({})).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.forbidden'))
    const count = async (name: 'invitesAccepted' | 'residentsCreated') =>
      (await services.metrics[name].get()).values[0]?.value ?? 0
    const before = [await count('invitesAccepted'), await count('residentsCreated')]
    const accepted = await caller.property.invites.accept({ token })
    expect(accepted).toMatchObject({ status: 'added', unit: unit.number, context: `resident:${company.id}` })
    expect((await caller.property.units.list({})).items.map((row) => row.id)).toEqual([unit.id])
    const today = new Intl.DateTimeFormat('sv', { timeZone: 'Europe/Sofia' }).format(new Date())
    expect(await residentsOf(unit)).toMatchObject([
      {
        id: accepted.residencyId,
        person: { firstName: 'Ivan', lastName: 'Petrov', email: user.email, hasAccount: true },
        kind: 'owner',
        share: null,
        startsOn: today,
        endsOn: null,
        verifiedLevel: 'verified',
      },
    ])
    expect([await count('invitesAccepted'), await count('residentsCreated')]).toEqual(before.map((was) => was + 1))
    expect(await director.invites.get({ id })).toMatchObject({ usedCount: 1, status: 'exhausted', path: null })
    expect((await director.invites.uses({ id })).items).toMatchObject([
      { residencyId: accepted.residencyId, person: { firstName: 'Ivan' } },
    ])
    expect((await auditOf(user.email)).filter(({ action }) => action === 'invites.accept')).toMatchObject([
      { result: 'ok', after: { residencyId: accepted.residencyId } },
    ])
  })

  it('accepts as often as they like and comes in once', async () => {
    const unit = await buildHome()
    const { id, token } = await invite(unit)
    const user = await buildUser()
    const first = await accept(user, token)
    expect(await accept(user, token)).toEqual({ ...first, status: 'already' })
    expect(await residentsOf(unit)).toHaveLength(1)
    expect(await director.invites.get({ id })).toMatchObject({ usedCount: 1 })
    const parallel = await buildUser()
    const next = await invite(unit, { maxUses: 5 })
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => accept(parallel, next.token)))
    expect(new Set(outcomes.map(({ residencyId }) => residencyId)).size).toBe(1)
    expect(await director.invites.get({ id: next.id })).toMatchObject({ usedCount: 1 })
  })

  it('spends nothing on a home that is theirs already', async () => {
    const unit = await buildHome()
    const user = await buildUser()
    const own = await buildResidency({ unit, person: await buildPerson({ company, userId: user.id }) })
    const { id, token } = await invite(unit)
    expect(await accept(user, token)).toMatchObject({ status: 'already', residencyId: own.id })
    expect(await director.invites.get({ id })).toMatchObject({ usedCount: 0, status: 'active' })
  })

  it('needs an account whose address is proven', async () => {
    const { token } = await invite(await buildHome())
    await expect(anonymous().property.invites.accept({ token })).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    const user = await buildUser({ emailVerifiedAt: null })
    await expect(accept(user, token)).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.email_not_verified'))
  })

  it('adds homes of several companies to one account', async () => {
    const other = await buildCompany()
    const elsewhere = await buildUnit({
      building: await buildBuilding({ complex: await buildComplex({ company: other }) }),
    })
    const user = await buildUser()
    await accept(user, (await invite(await buildHome())).token)
    const second = await as(other, 'director').property.invites.create({ unitId: elsewhere.id, kind: 'tenant' })
    expect(await accept(user, tokenOf(second))).toMatchObject({ status: 'added', context: `resident:${other.id}` })
    const { contexts } = await asUser(user).auth.me()
    expect(contexts.map(({ key }) => key).toSorted()).toEqual(
      [`resident:${company.id}`, `resident:${other.id}`].toSorted(),
    )
  })
})

describe('the person behind the account', () => {
  it('is the one the invite was made for, whose residency stays the only one', async () => {
    const unit = await buildHome()
    const person = await buildPerson({ company, email: null, phone: '+359 88 7' })
    const own = await buildResidency({ unit, person, shareNumerator: 1, shareDenominator: 2 })
    const { token } = await invite(unit, { personId: person.id })
    const user = await buildUser()
    expect(await accept(user, token)).toMatchObject({ status: 'added', residencyId: own.id })
    expect(await residentsOf(unit)).toMatchObject([
      {
        person: { id: person.id, firstName: 'Maria', phone: '+359 88 7', email: user.email, hasAccount: true },
        share: { numerator: 1, denominator: 2 },
        verifiedLevel: 'verified',
      },
    ])
  })

  it('is never one who belongs to another account', async () => {
    const unit = await buildHome()
    const person = await buildPerson({ company, userId: (await buildUser()).id })
    const { id, token } = await invite(unit, { personId: person.id })
    await expect(accept(await buildUser(), token)).rejects.toMatchObject(DEAD)
    expect(await director.invites.get({ id })).toMatchObject({ usedCount: 0 })
    expect(await residentsOf(unit)).toEqual([])
  })

  it('opens no other home of the person it was made for, unless the address is theirs', async () => {
    const [unit, other] = [await buildHome(), await buildHome()]
    const person = await buildPerson({ company, email: `two-homes-${unit.id}@example.test` })
    for (const home of [unit, other]) await buildResidency({ unit: home, person })
    const stranger = await buildUser()
    await accept(stranger, (await invite(unit, { personId: person.id })).token)
    expect((await asUser(stranger).property.units.list({})).items.map(({ id }) => id)).toEqual([unit.id])
    const themselves = await buildUser({ email: person.email!.toUpperCase(), emailKey: person.email! })
    await accept(themselves, (await invite(unit, { personId: person.id })).token)
    expect((await asUser(themselves).property.units.list({})).items).toHaveLength(2)
  })

  it('is the company’s person of the account, in every further home', async () => {
    const user = await buildUser()
    const first = await accept(user, (await invite(await buildHome())).token)
    const unit = await buildHome()
    await accept(user, (await invite(unit)).token)
    const [there] = await residentsOf(unit)
    expect(there!.person.id).toBe((await director.residencies.get({ id: first.residencyId })).person.id)
  })

  it('is whoever of the unit has the proven address and no account; of two with one mailbox, neither', async () => {
    const unit = await buildHome()
    const user = await buildUser()
    const person = await buildPerson({ company, email: user.email.toUpperCase() })
    const own = await buildResidency({ unit, person, kind: 'tenant' })
    expect(await accept(user, (await invite(unit)).token)).toMatchObject({ residencyId: own.id })

    const shared = await buildHome()
    const other = await buildUser()
    for (const _ of [1, 2])
      await buildResidency({ unit: shared, person: await buildPerson({ company, email: other.email }) })
    await accept(other, (await invite(shared)).token)
    expect(await residentsOf(shared)).toHaveLength(3)

    const stranger = await buildHome()
    const third = await buildUser()
    await buildPerson({ company, email: third.email })
    await accept(third, (await invite(stranger)).token)
    expect((await residentsOf(stranger))[0]!.person.firstName).toBe('Ivan')
  })

  it('is one, when two homes are accepted at once', async () => {
    const user = await buildUser()
    const homes = await Promise.all([1, 2, 3, 4].map(buildHome))
    const tokens = await Promise.all(homes.map(async (unit) => (await invite(unit)).token))
    await Promise.all(tokens.map((token) => accept(user, token)))
    const people = await Promise.all(homes.map(residentsOf))
    expect(new Set(people.map(([row]) => row!.person.id)).size).toBe(1)
  })
})

describe('a dead link', () => {
  it('says the same whatever it died of', async () => {
    const make = async () => {
      const unit = await buildHome()
      return { unit, ...(await invite(unit)) }
    }
    const [revoked, expired, spent, gone, closed] = [
      await make(),
      await make(),
      await make(),
      await make(),
      await make(),
    ]
    await director.invites.revoke({ id: revoked.id })
    await alter(`update invites set expires_at = now() - interval '1 second' where id = $1`, expired.id)
    await accept(await buildUser(), spent.token)
    await alter(`update units set deleted_at = now() where id = $1`, gone.unit.id)
    await alter(`update complexes set deleted_at = now() where id = $1`, closed.unit.complexId)
    const blocked = await buildCompany({ status: 'blocked' })
    const unit = await buildUnit({
      building: await buildBuilding({ complex: await buildComplex({ company: blocked }) }),
    })
    await alter(`update companies set status = 'active' where id = $1`, blocked.id)
    const ofBlocked = tokenOf(await as(blocked, 'director').property.invites.create({ unitId: unit.id, kind: 'owner' }))
    await alter(`update companies set status = 'blocked' where id = $1`, blocked.id)
    const tokens = [revoked, expired, spent, gone, closed].map(({ token }) => token)
    const said = new Set<string>()
    for (const token of [...tokens, ofBlocked, 'A'.repeat(43), 'x'])
      for (const call of [
        () => anonymous().property.invites.preview({ token }),
        async () => accept(await buildUser(), token),
      ]) {
        const error: unknown = await call().catch((thrown: unknown) => thrown)
        const { code, message, cause } = error as { code: string; message: string; cause: object }
        said.add(JSON.stringify({ code, message, cause }))
      }
    expect([...said]).toHaveLength(1)
    expect(JSON.parse([...said][0]!)).toMatchObject(DEAD)
  })

  it('does not bring back who came in by it and has moved out', async () => {
    const unit = await buildHome()
    const { token } = await invite(unit, { maxUses: null })
    const user = await buildUser()
    const { residencyId } = await accept(user, token)
    await alter(`update residencies set starts_on = '2020-01-01', ends_on = '2020-02-01' where id = $1`, residencyId)
    await expect(accept(user, token)).rejects.toMatchObject(DEAD)
    expect(await accept(await buildUser(), token)).toMatchObject({ status: 'added' })
  })

  it('cannot be searched for: ten looks a minute for a browser, five tries in five minutes for an account', async () => {
    const { token } = await invite(await buildHome())
    const limited = refusal('TOO_MANY_REQUESTS', 'request.rate_limited')
    const here = (userAgent: string) => anonymous({ address: '192.0.2.77', userAgent }).property.invites
    for (let guess = 0; guess < 10; guess++)
      await expect(here('one').preview({ token: `guess-${guess}` })).rejects.toMatchObject(DEAD)
    await expect(here('one').preview({ token })).rejects.toMatchObject(limited)
    expect(await here('another').preview({ token })).toMatchObject({ kind: 'owner' })
    const user = await buildUser()
    for (let guess = 0; guess < 5; guess++) await expect(accept(user, `guess-${guess}`)).rejects.toMatchObject(DEAD)
    await expect(accept(user, token)).rejects.toMatchObject(limited)
  })
})

describe('the last use', () => {
  it('taken by 50 at once goes to exactly one, twenty times over', { timeout: 120_000 }, async () => {
    const users = await Promise.all(Array.from({ length: 50 }, () => buildUser()))
    const sessions = await Promise.all(users.map((user) => signIn(user)))
    for (let round = 0; round < 20; round++) {
      const unit = await buildHome()
      const { id, token } = await invite(unit, { maxUses: 3 })
      for (const _ of [1, 2]) await accept(await buildUser(), token)
      const callers = sessions.map(({ accessToken }) => anonymous({ accessToken, services: unlimited() }))
      await Promise.all(callers.map((caller) => caller.auth.me()))
      const outcomes = await outcomesOf(callers.map((caller) => caller.property.invites.accept({ token })))
      expect(tally(outcomes)).toEqual({ ok: 1, 'invites.token_invalid': 49 })
      expect(await director.invites.get({ id })).toMatchObject({ usedCount: 3, status: 'exhausted' })
      expect(await residentsOf(unit)).toHaveLength(3)
    }
  })

  it('and a revocation at once: either in or out, never half', async () => {
    for (let round = 0; round < 10; round++) {
      const unit = await buildHome()
      const { id, token } = await invite(unit)
      const [entered] = await Promise.allSettled([accept(await buildUser(), token), director.invites.revoke({ id })])
      const { status, usedCount } = await director.invites.get({ id })
      expect([usedCount, (await residentsOf(unit)).length]).toEqual(entered.status === 'fulfilled' ? [1, 1] : [0, 0])
      expect(status).toBe(entered.status === 'fulfilled' ? 'exhausted' : 'revoked')
    }
  })
})
