import { and, eq } from 'drizzle-orm'
import { people } from '@servai/db/schema/people'
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
} from '@servai/db/test/factories'
import { beforeAll, describe, expect, it } from 'vitest'
import { as, asUser, refusal, services, type Caller } from '../../../test/callers.ts'

let company: { id: string }
let residencies: Caller['property']['residencies']
beforeAll(async () => {
  company = await buildCompany()
  residencies = as(company, 'director').property.residencies
})

const buildHome = async (): Promise<Unit> =>
  buildUnit({ building: await buildBuilding({ complex: await buildComplex({ company }) }) })

let serial = 0
const somebody = () => ({ firstName: 'Мария', lastName: `Иванова ${++serial}` })
const owner = (unit: Unit, numerator: number, denominator: number, period: { startsOn: string; endsOn?: string }) =>
  residencies.create({
    unitId: unit.id,
    person: somebody(),
    kind: 'owner',
    share: { numerator, denominator },
    ...period,
  })

const EXCEEDED = refusal('CONFLICT', 'property.shares_exceed_whole')
const since = { startsOn: '2024-01-01' }

describe('moving in', () => {
  it('keeps who, as what, and since when; a new person is known afterwards', async () => {
    const unit = await buildHome()
    const before = (await services.metrics.residentsCreated.get()).values[0]?.value ?? 0
    const created = await residencies.create({
      unitId: unit.id,
      person: { firstName: ' Мария ', lastName: 'Иванова', email: 'maria@example.test' },
      kind: 'owner',
      share: { numerator: 1, denominator: 3 },
      ...since,
    })
    expect(created).toMatchObject({
      unit: { id: unit.id, number: unit.number, address: 'Varna, Morska 1' },
      person: { firstName: 'Мария', lastName: 'Иванова', email: 'maria@example.test', phone: null, hasAccount: false },
      kind: 'owner',
      share: { numerator: 1, denominator: 3 },
      startsOn: '2024-01-01',
      endsOn: null,
      verifiedLevel: 'unverified',
      allowed: ['update', 'remove'],
    })
    expect((await services.metrics.residentsCreated.get()).values[0]?.value).toBe(before + 1)
    const second = await residencies.create({
      unitId: (await buildHome()).id,
      person: { id: created.person.id },
      kind: 'tenant',
      ...since,
    })
    expect(second.person).toEqual(created.person)
    expect((await residencies.list({ personId: created.person.id })).items.map(({ id }) => id).toSorted()).toEqual(
      [created.id, second.id].toSorted(),
    )
  })

  it('ends after it starts', async () => {
    const unit = await buildHome()
    const wrong = {
      code: 'BAD_REQUEST',
      cause: { details: { issues: [{ path: ['endsOn'], code: 'ends_before_start' }] } },
    }
    for (const endsOn of ['2024-01-01', '2023-12-31'])
      await expect(
        residencies.create({ unitId: unit.id, person: somebody(), kind: 'tenant', ...since, endsOn }),
      ).rejects.toMatchObject(wrong)
    const { id } = await residencies.create({ unitId: unit.id, person: somebody(), kind: 'tenant', ...since })
    await expect(residencies.update({ id, version: 1, endsOn: '2023-01-01' })).rejects.toMatchObject(wrong)
    expect(await residencies.update({ id, version: 1, endsOn: '2024-01-02' })).toMatchObject({ endsOn: '2024-01-02' })
  })

  it('happens once at a time', async () => {
    const unit = await buildHome()
    const person = await buildPerson({ company })
    const move = (startsOn: string, endsOn: string | null = null) =>
      residencies.create({ unitId: unit.id, person: { id: person.id }, kind: 'tenant', startsOn, endsOn })
    const first = await move('2024-01-01', '2024-06-01')
    const overlaps = refusal('CONFLICT', 'property.residency_overlaps')
    await expect(move('2024-05-31')).rejects.toMatchObject(overlaps)
    await expect(move('2023-01-01')).rejects.toMatchObject(overlaps)
    await move('2024-06-01')
    await expect(residencies.update({ id: first.id, version: 1, endsOn: null })).rejects.toMatchObject(overlaps)
    await residencies.remove({ id: first.id })
    await move('2024-01-01', '2024-03-01')
    await expect(residencies.restore({ id: first.id })).rejects.toMatchObject(overlaps)
    const burst = await buildHome()
    const rush = () => residencies.create({ unitId: burst.id, person: { id: person.id }, kind: 'tenant', ...since })
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, rush))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('is arranged by a manager for people of the own complexes only', async () => {
    const [unit, other] = [await buildHome(), await buildHome()]
    const [known, unknown] = [await buildPerson({ company }), await buildPerson({ company })]
    await buildResidency({ unit, person: known })
    await buildResidency({ unit: other, person: unknown })
    const second = await buildUnit({
      building: await buildBuilding({ complex: { ...(await buildComplex({ company })), id: unit.complexId } }),
    })
    const manager = as(company, 'complex_manager', { complexes: [{ id: unit.complexId }] }).property
    const move = (person: { id: string }) =>
      manager.residencies.create({ unitId: second.id, person: { id: person.id }, kind: 'family', ...since })
    expect(await move(known)).toMatchObject({ person: { id: known.id } })
    await expect(move(unknown)).rejects.toMatchObject(refusal('NOT_FOUND', 'property.person_not_found'))
    expect((await manager.residencies.list({})).items.every((row) => row.person.id === known.id)).toBe(true)
  })
})

describe('the shares of the owners', () => {
  it('make at most one whole, exactly', async () => {
    const unit = await buildHome()
    for (const _third of [1, 2, 3]) await owner(unit, 1, 3, since)
    await expect(owner(unit, 1, 1_000_000_000_000, since)).rejects.toMatchObject(EXCEEDED)
    const odd = await buildHome()
    await owner(odd, 333_333_333_333, 1_000_000_000_000, since)
    await owner(odd, 666_666_666_667, 1_000_000_000_000, since)
    await expect(owner(odd, 1, 999_999_999_989, since)).rejects.toMatchObject(EXCEEDED)
  })

  it('are counted day by day: a successor takes over the share of who left', async () => {
    const unit = await buildHome()
    await owner(unit, 1, 1, { startsOn: '2020-01-01', endsOn: '2024-01-01' })
    await expect(owner(unit, 1, 2, { startsOn: '2023-12-31' })).rejects.toMatchObject(EXCEEDED)
    const half = await owner(unit, 1, 2, since)
    await expect(owner(unit, 2, 3, { startsOn: '2025-01-01' })).rejects.toMatchObject(EXCEEDED)
    await owner(unit, 1, 2, { startsOn: '2025-01-01' })
    await expect(
      residencies.update({ id: half.id, version: 1, share: { numerator: 51, denominator: 100 } }),
    ).rejects.toMatchObject(EXCEEDED)
    expect(
      await residencies.update({ id: half.id, version: 1, share: { numerator: 2, denominator: 5 } }),
    ).toMatchObject({ version: 2 })
    await residencies.remove({ id: half.id })
    await owner(unit, 1, 2, { startsOn: '2026-01-01' })
    await expect(residencies.restore({ id: half.id })).rejects.toMatchObject(EXCEEDED)
  })

  it('of fifty owners of a tenth each, ten get in', async () => {
    const unit = await buildHome()
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => owner(unit, 1, 10, since)))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(EXCEEDED)
    expect((await residencies.list({ unitId: unit.id, limit: 100 })).items).toHaveLength(10)
  })

  it('are of owners only, and go when the owner stops being one', async () => {
    const unit = await buildHome()
    const denied = refusal('BAD_REQUEST', 'property.share_not_allowed')
    const share = { numerator: 1, denominator: 2 }
    await expect(
      residencies.create({ unitId: unit.id, person: somebody(), kind: 'tenant', share, ...since }),
    ).rejects.toMatchObject(denied)
    const { id } = await owner(unit, 1, 2, since)
    await expect(residencies.update({ id, version: 1, kind: 'family', share })).rejects.toMatchObject(denied)
    expect(await residencies.update({ id, version: 1, kind: 'family' })).toMatchObject({ share: null, kind: 'family' })
  })
})

describe('a resident', () => {
  const present = async (unit: Unit) => {
    const user = await buildUser()
    const person = await buildPerson({ company, userId: user.id })
    const own = await buildResidency({ unit, person, shareNumerator: 1, shareDenominator: 2 })
    return { user, person, own, property: asUser(user).property }
  }

  it('sees the own particulars, of the others in the home name and kind, and of those before them nothing', async () => {
    const unit = await buildHome()
    const { own, property, person } = await present(unit)
    const other = await buildResidency({ unit, kind: 'family', person: await buildPerson({ company }) })
    const before = await buildResidency({ unit, endsOn: '2024-01-01' })
    const upstairs = await buildResidency({ unit: await buildHome() })
    const { items } = await property.residencies.list({ limit: 100 })
    expect(items.map(({ id }) => id).toSorted()).toEqual([own.id, other.id].toSorted())
    expect(items.find(({ id }) => id === own.id)).toMatchObject({
      person: { email: person.email, phone: person.phone, hasAccount: true },
      share: { numerator: 1, denominator: 2 },
      startsOn: '2020-01-01',
      allowed: [],
    })
    expect(await property.residencies.get({ id: other.id })).toMatchObject({
      person: { firstName: 'Maria', email: null, phone: null, hasAccount: null },
      kind: 'family',
      share: null,
      startsOn: null,
      endsOn: null,
      verifiedLevel: null,
      allowed: [],
    })
    for (const hidden of [before, upstairs])
      await expect(property.residencies.get({ id: hidden.id })).rejects.toMatchObject(
        refusal('NOT_FOUND', 'property.residency_not_found'),
      )
  })

  it('has left on the day the residency ends', async () => {
    const unit = await buildHome()
    const { own, property } = await present(unit)
    expect(await property.units.get({ id: unit.id })).toMatchObject({ id: unit.id })
    const today = new Intl.DateTimeFormat('sv', { timeZone: 'Europe/Sofia' }).format(new Date())
    await residencies.update({ id: own.id, version: 1, endsOn: today })
    await expect(property.units.get({ id: unit.id })).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.forbidden'))
  })

  it('stays out of homes that are yet to be moved into', async () => {
    const unit = await buildHome()
    const { own, property } = await present(unit)
    await residencies.update({ id: own.id, version: 1, startsOn: '2150-01-01' })
    await expect(property.units.list({})).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.forbidden'))
  })
})

describe('the list', () => {
  it('finds people by a part of their name, wildcards being text, and walks over equal days', async () => {
    const unit = await buildHome()
    for (const lastName of ['100%', 'Иванова', 'Петрова', 'Ivanova_x'])
      await residencies.create({ unitId: unit.id, person: { firstName: 'Анна', lastName }, kind: 'tenant', ...since })
    const found = async (q: string) =>
      (await residencies.list({ unitId: unit.id, q })).items.map(({ person }) => person.lastName).toSorted()
    expect(await found('АННА ИВ')).toEqual(['Иванова'])
    expect(await found('%')).toEqual(['100%'])
    expect(await found('_')).toEqual(['Ivanova_x'])
    for (const order of ['asc', 'desc'] as const) {
      const ids = []
      let cursor: string | undefined
      do {
        const page = await residencies.list({ unitId: unit.id, limit: 1, order, cursor })
        ids.push(...page.items.map(({ id }) => id))
        cursor = page.nextCursor ?? undefined
      } while (cursor)
      expect(new Set(ids).size).toBe(4)
      expect(ids).toHaveLength(4)
    }
  })

  it('leaves no new person behind when the residency is refused', async () => {
    const unit = await buildHome()
    await owner(unit, 1, 1, since)
    const lastName = `Refused ${++serial}`
    await expect(
      residencies.create({
        unitId: unit.id,
        person: { firstName: 'A', lastName },
        kind: 'owner',
        share: { numerator: 1, denominator: 9 },
        ...since,
      }),
    ).rejects.toMatchObject(EXCEEDED)
    const left = await database.system({}, 'read', (db) =>
      db
        .select({ id: people.id })
        .from(people)
        .where(and(eq(people.companyId, company.id), eq(people.lastName, lastName))),
    )
    expect(left).toEqual([])
  })
})
