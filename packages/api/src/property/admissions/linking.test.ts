import { sql } from 'drizzle-orm'
import {
  buildBuilding,
  buildClaim,
  buildCompany,
  buildComplex,
  buildPerson,
  buildResidency,
  buildUnit,
  buildUser,
  database,
  type Complex,
  type Person,
  type Unit,
  type User,
} from '@servai/db/test/factories'
import { beforeAll, describe, expect, it } from 'vitest'
import { as, asUser, refusal, type Caller } from '../../../test/callers.ts'

let company: { id: string }
let here: Complex
let there: Complex
let director: Caller['property']
let manager: Caller['property']
beforeAll(async () => {
  company = await buildCompany()
  ;[here, there] = [await buildComplex({ company }), await buildComplex({ company })]
  director = as(company, 'director').property
  manager = as(company, 'complex_manager', { complexes: [here] }).property
})

const FORBIDDEN = refusal('FORBIDDEN', 'auth.forbidden')
const HOMES_ELSEWHERE = refusal('FORBIDDEN', 'property.homes_elsewhere')

const buildHome = async (complex: Complex) => buildUnit({ building: await buildBuilding({ complex }) })
const removed = { deletedAt: new Date() }

/** Homes out of the manager's reach: of each a restored row or a past told to the account would be a way in. */
const ELSEWHERE: Record<string, (person: Person) => Promise<unknown>> = {
  'a home today': async (person) => buildResidency({ unit: await buildHome(there), person }),
  'a home to come': async (person) => buildResidency({ unit: await buildHome(there), person, startsOn: '2199-01-01' }),
  'a past home': async (person) => buildResidency({ unit: await buildHome(there), person, endsOn: '2021-01-01' }),
  'a removed home': async (person) => buildResidency({ unit: await buildHome(there), person, ...removed }),
  'a home removed with its unit': async (person) => {
    const unit = await buildHome(there)
    await buildResidency({ unit, person })
    await director.units.remove({ id: unit.id, cascade: true })
  },
}
const CASES = Object.entries(ELSEWHERE)

/** Known here by a past home, without an account. */
const buildKnown = async (overrides: Parameters<typeof buildPerson>[0] = {}) => {
  const person = await buildPerson({ company, ...overrides })
  const unit = await buildHome(here)
  await buildResidency({ unit, person, endsOn: '2021-01-01' })
  return { person, unit }
}

const accountOf = async ({ id }: { id: string }) => {
  const [row] = await database.lookup<{ userId: string | null }>(
    'select user_id as "userId" from people where id = $1',
    [id],
  )
  return row!.userId
}
const accept = (user: User, { path }: { path: string | null }) =>
  asUser(user).property.invites.accept({ token: path!.slice('/invite#'.length) })
const homesOf = async (user: User) =>
  (await asUser(user, `resident:${company.id}`).property.units.list({})).items.map(({ id }) => id)

describe('whoever does not look after every home a person has, had or may get back', () => {
  it.each(CASES)('cannot give it an account by a merge: %s', async (_, live) => {
    const { person } = await buildKnown()
    await live(person)
    const accomplice = await buildPerson({ company, userId: (await buildUser()).id })
    await buildResidency({ unit: await buildHome(here), person: accomplice })
    for (const [id, source] of [
      [person.id, accomplice.id],
      [accomplice.id, person.id],
    ] as const)
      await expect(manager.people.merge({ id, version: 1, source: { id: source, version: 1 } })).rejects.toMatchObject(
        FORBIDDEN,
      )
    expect(await accountOf(person)).toBeNull()
  })

  it.each(CASES)('cannot change its address, but what nobody signs in by: %s', async (_, live) => {
    const { person } = await buildKnown()
    await live(person)
    for (const email of ['me@evil.example', null])
      await expect(manager.people.update({ id: person.id, version: 1, email })).rejects.toMatchObject(HOMES_ELSEWHERE)
    const { email } = person
    expect(await manager.people.update({ id: person.id, version: 1, email, note: 'Met' })).toMatchObject({ version: 2 })
    expect(await director.people.update({ id: person.id, version: 2, email: 'new@example.test' })).toMatchObject({
      email: 'new@example.test',
    })
  })

  it.each(CASES)('lets a new person in, by an invite for it too, whatever its address: %s', async (_, live) => {
    for (const isNamed of [true, false]) {
      const user = await buildUser()
      const { person, unit } = await buildKnown({ email: user.email })
      await live(person)
      const personId = isNamed ? person.id : null
      const invite = await manager.invites.create({ unitId: unit.id, kind: 'tenant', personId })
      expect(await accept(user, invite)).toMatchObject({ status: 'added' })
      expect(await accountOf(person)).toBeNull()
      expect(await homesOf(user)).toEqual([unit.id])
    }
  })

  it.each(CASES)('lets a new person in by a claim: %s', async (_, live) => {
    const user = await buildUser()
    const { person, unit } = await buildKnown({ email: user.email })
    await live(person)
    const claim = await buildClaim({ complex: here, userId: user.id, email: user.email })
    await manager.claims.approve({ id: claim.id, unitId: unit.id, kind: 'tenant' })
    expect(await accountOf(person)).toBeNull()
    expect(await homesOf(user)).toEqual([unit.id])
  })

  it('is a resident for all but the home they invite into', async () => {
    const unit = await buildHome(here)
    const owner = await buildUser()
    await buildResidency({ unit, person: await buildPerson({ company, userId: owner.id }) })
    for (const hasMore of [true, false]) {
      const user = await buildUser()
      const person = await buildPerson({ company, email: user.email })
      await buildResidency({ unit, person, kind: 'tenant' })
      if (hasMore) await buildResidency({ unit: await buildHome(here), person })
      const invite = await asUser(owner).property.invites.create({ unitId: unit.id, kind: 'family', replace: true })
      await accept(user, invite)
      expect(await accountOf(person)).toBe(hasMore ? null : user.id)
    }
  })
})

describe('whoever looks after all of them', () => {
  it('gives the person its account by an invite, a claim or a merge', async () => {
    const live = ELSEWHERE['a past home']!
    const [invited, claimant] = [await buildUser(), await buildUser()]
    const one = await buildKnown({ email: invited.email })
    await live(one.person)
    await accept(
      invited,
      await director.invites.create({ unitId: one.unit.id, kind: 'tenant', personId: one.person.id }),
    )
    expect(await accountOf(one.person)).toBe(invited.id)
    const other = await buildKnown({ email: claimant.email })
    await live(other.person)
    const claim = await buildClaim({ complex: here, userId: claimant.id, email: claimant.email })
    await director.claims.approve({ id: claim.id, unitId: other.unit.id, kind: 'tenant' })
    expect(await accountOf(other.person)).toBe(claimant.id)
    const mine = await buildKnown()
    const user = await buildUser()
    await accept(user, await manager.invites.create({ unitId: mine.unit.id, kind: 'tenant', personId: mine.person.id }))
    expect(await accountOf(mine.person)).toBe(user.id)
  })

  it('opens by a link alone no home that was removed for the moment', async () => {
    const { person, unit } = await buildKnown()
    await ELSEWHERE['a home removed with its unit']!(person)
    const user = await buildUser()
    await accept(user, await director.invites.create({ unitId: unit.id, kind: 'tenant', personId: person.id }))
    expect(await accountOf(person)).toBeNull()
  })
})

describe('a home that comes while somebody decides', () => {
  /** Moves the person in elsewhere, and commits once `work` had time to get as far as it can. */
  const movingIn = async (person: Person, unit: Unit, work: () => Promise<unknown>) => {
    const outcome: { result?: PromiseSettledResult<unknown> } = {}
    let done: Promise<void> = Promise.resolve()
    await database.system({}, 'write', async (db) => {
      await db.execute(sql`select from people where id = ${person.id} for share`)
      await db.execute(sql`insert into residencies (company_id, id, unit_id, person_id, kind, starts_on)
        values (${company.id}, gen_random_uuid(), ${unit.id}, ${person.id}, 'owner', '2020-01-01')`)
      done = Promise.allSettled([work()]).then(([result]) => void (outcome.result = result))
      await new Promise((resolve) => setTimeout(resolve, 300))
    })
    await done
    return outcome.result!
  }

  it('counts for an invite', async () => {
    const user = await buildUser()
    const { person, unit } = await buildKnown({ email: user.email })
    const invite = await manager.invites.create({ unitId: unit.id, kind: 'tenant', personId: person.id })
    expect(await movingIn(person, await buildHome(there), () => accept(user, invite))).toMatchObject({
      status: 'fulfilled',
    })
    expect(await accountOf(person)).toBeNull()
  })

  it('counts for an address and for a merge', async () => {
    const known = await buildKnown()
    const update = () => manager.people.update({ id: known.person.id, version: 1, email: 'me@evil.example' })
    expect(await movingIn(known.person, await buildHome(there), update)).toMatchObject({ reason: HOMES_ELSEWHERE })
    const [kept, given] = [await buildKnown(), await buildKnown()]
    const merge = () =>
      manager.people.merge({ id: kept.person.id, version: 1, source: { id: given.person.id, version: 1 } })
    expect(await movingIn(kept.person, await buildHome(there), merge)).toMatchObject({ reason: FORBIDDEN })
  })
})
