import {
  buildBuilding,
  buildClaim,
  buildCompany,
  buildComplex,
  buildInvite,
  buildPerson,
  buildResidency,
  buildUnit,
  buildUser,
  database,
  type Complex,
} from '@servai/db/test/factories'
import { people } from '@servai/db/schema/people'
import { eq } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { anonymous, as, asUser, employ, refusal, signIn } from '../../../test/callers.ts'
import { outcomesOf, tally } from '../../../test/identity.ts'

const forbidden = refusal('FORBIDDEN', 'auth.forbidden')
const notFound = refusal('NOT_FOUND', 'property.person_not_found')
const hasHome = refusal('CONFLICT', 'property.person_has_home')

let company: { id: string }
let here: Complex
let there: Complex
beforeAll(async () => {
  company = await buildCompany({ locale: 'bg' })
  ;[here, there] = [await buildComplex({ company }), await buildComplex({ company })]
})

const homeIn = async (complex: Complex) => buildUnit({ building: await buildBuilding({ complex }) })
const director = () => as(company, 'director').property.people
const manager = () => as(company, 'complex_manager', { complexes: [here] }).property.people

/** Somebody who lived in these complexes until 2021. */
const former = async (complexes: Complex[] = [here], overrides: Parameters<typeof buildPerson>[0] = {}) => {
  const person = await buildPerson({ company, firstName: 'Мария', phone: '+359 88', note: 'Собака', ...overrides })
  for (const complex of complexes)
    await buildResidency({ unit: await homeIn(complex), person, startsOn: '2019-01-01', endsOn: '2021-01-01' })
  return { id: person.id, version: person.version }
}

const personOf = async ({ id }: { id: string }) => {
  const [found] = await database.system({}, 'read', (db) => db.select().from(people).where(eq(people.id, id)))
  return found!
}

describe('erasing a former resident', () => {
  it('is for good, so it asks for a proof of the last quarter of an hour', async () => {
    const { user, contextKey } = await employ(company, 'director')
    const { accessToken } = await signIn(user, { authenticatedAt: new Date(Date.now() - 16 * 60_000) })
    const { id, version } = await former()
    await expect(anonymous({ accessToken, contextKey }).property.people.erase({ id, version })).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.step_up_required'),
    )
    expect((await personOf({ id })).firstName).toBe('Мария')
  })

  it('clears name, contacts, note and account, and keeps past homes', async () => {
    const user = await buildUser()
    const { id, version } = await former([here], { userId: user.id })
    const seen = await director().get({ id })
    expect(seen.allowed).toContain('erase')
    const erased = await director().erase({ id, version })
    expect(erased).toMatchObject({
      firstName: 'Бивш',
      lastName: 'обитател',
      email: null,
      phone: null,
      note: '',
      hasAccount: false,
      homes: seen.homes,
    })
    expect((await asUser(user).auth.me()).contexts).toEqual([])
  })

  it('is for a manager who looks after all of the homes, and for no other role', async () => {
    const { id, version } = await former()
    for (const role of ['accountant', 'technician', 'guard'] as const)
      await expect(
        as(company, role, { complexes: [here] }).property.people.erase({ id, version }),
      ).rejects.toMatchObject(forbidden)
    await manager().erase({ id, version })

    const elsewhere = await former([here, there])
    expect((await manager().get({ id: elsewhere.id })).allowed).not.toContain('erase')
    await expect(manager().erase(elsewhere)).rejects.toMatchObject(forbidden)
    await expect(manager().erase(await former([there]))).rejects.toMatchObject(notFound)
  })

  it('is nothing a stranger company can do, or see', async () => {
    const stranger = as(await buildCompany(), 'director').property.people
    await expect(stranger.erase(await former())).rejects.toMatchObject(notFound)
  })

  it('waits until the last home has ended, now or later', async () => {
    for (const period of [{ startsOn: '2020-01-01' }, { startsOn: '2190-01-01' }, { endsOn: '2190-01-01' }]) {
      const person = await former()
      await buildResidency({ unit: await homeIn(here), person: await personOf(person), ...period })
      expect((await director().get({ id: person.id })).allowed).not.toContain('erase')
      await expect(director().erase(person)).rejects.toMatchObject(hasHome)
      expect(await director().get({ id: person.id })).toMatchObject({ firstName: 'Мария' })
    }
  })

  it('ends what was on its way to the person, and clears what they had asked', async () => {
    const person = await former()
    const unit = await homeIn(here)
    const invite = await buildInvite({ unit, personId: person.id, maxUses: 1, createdBy: (await buildUser()).id })
    const residency = await buildResidency({
      unit,
      person: await personOf(person),
      startsOn: '2018-01-01',
      endsOn: '2019-01-01',
    })
    const decided = { status: 'approved' as const, residencyId: residency.id, decidedAt: new Date() }
    const claim = await buildClaim({ complex: here, message: 'Аз съм', phone: '+359', ...decided })
    await director().erase(person)
    const [row] = await database.lookup(
      `select (select revoked_at is not null from invites where id = $1) as revoked, email, phone, message
       from claims where id = $2`,
      [invite.id, claim.id],
    )
    expect(row).toEqual({ revoked: true, email: '', phone: null, message: '' })
  })

  it('is written down without what was erased, and refused to whoever looks at an older version', async () => {
    const person = await former([here], { email: 'maria@former.example' })
    await director().erase(person)
    await expect(director().erase(person)).rejects.toMatchObject(refusal('CONFLICT', 'property.version_conflict'))
    const log = await database.lookup<{ action: string; text: string }>(
      `select action, row_to_json(a)::text as text from audit_log a where entity_id = $1`,
      [person.id],
    )
    expect(log.map(({ action }) => action)).toContain('property.person_erase')
    for (const { text } of log) expect(text).not.toContain('maria@former.example')
  })

  it('and moving in at the same time end in one of the two', async () => {
    for (let round = 0; round < 5; round += 1) {
      const person = await former()
      const unit = await homeIn(here)
      const outcomes = await outcomesOf<unknown>([
        director().erase(person),
        as(company, 'director').property.residencies.create({
          unitId: unit.id,
          person: { id: person.id },
          kind: 'tenant',
          startsOn: '2020-01-01',
        }),
      ])
      const lives = (await director().get({ id: person.id })).homes.some(({ state }) => state === 'now')
      const { firstName } = await director().get({ id: person.id })
      expect(tally(outcomes).ok ?? 0).toBeGreaterThanOrEqual(1)
      if (outcomes[0] === 'property.person_has_home') expect([lives, firstName]).toEqual([true, 'Мария'])
    }
  })
})
