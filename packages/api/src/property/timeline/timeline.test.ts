import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildEntrance,
  buildGrant,
  buildInvite,
  buildPerson,
  buildResidency,
  buildUnit,
  buildUser,
  database,
} from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { as, asUser, refusal } from '../../../test/callers.ts'

const buildHouse = async () => {
  const company = await buildCompany()
  const complex = await buildComplex({ company })
  const building = await buildBuilding({ complex, name: 'А' })
  const entrance = await buildEntrance({ building, number: '2' })
  const unit = await buildUnit({ building, number: '12' })
  const user = await buildUser({ firstName: 'Мария', lastName: 'Колева' })
  await buildGrant(user, 'director', { companyId: company.id })
  return { company, complex, building, entrance, unit, director: asUser(user).property }
}

describe('the timeline of a unit', () => {
  it('tells who did what, in names and whole fractions, the newest first', async () => {
    const { unit, entrance, director } = await buildHouse()
    const type = await director.unitTypes.create({ name: 'Ателие', type: 'studio' })
    await director.units.update({ id: unit.id, version: 1, share: { numerator: 1, denominator: 3 } })
    await director.units.update({
      id: unit.id,
      version: 2,
      share: { numerator: 2, denominator: 3 },
      entranceId: entrance.id,
    })
    await director.units.update({ id: unit.id, version: 3, unitTypeId: type.id })
    const moved = await director.residencies.create({
      unitId: unit.id,
      person: { firstName: 'Иван', lastName: 'Петров', email: 'ivan@example.test' },
      kind: 'owner',
      startsOn: '2024-01-01',
    })
    await director.residencies.update({ id: moved.id, version: 1, verifiedLevel: 'owner_proved' })
    await director.units.remove({ id: unit.id, cascade: true })
    const { items, nextCursor } = await director.timeline.list({ entity: 'unit', id: unit.id })
    expect(nextCursor).toBeNull()
    const [home, own] = [
      { kind: 'residencies', label: 'Иван Петров', building: null },
      { kind: 'units', label: null, building: null },
    ]
    const told = items.map(({ action, subject, changes }) => ({ action, subject, changes }))
    expect(told.slice(0, 7)).toEqual([
      { action: 'remove', subject: home, changes: [] },
      { action: 'remove', subject: own, changes: [] },
      {
        action: 'update',
        subject: home,
        changes: [{ field: 'verifiedLevel', before: 'unverified', after: 'owner_proved' }],
      },
      {
        action: 'create',
        subject: home,
        changes: [
          { field: 'kind', before: null, after: 'owner' },
          { field: 'startsOn', before: null, after: '2024-01-01' },
          { field: 'verifiedLevel', before: null, after: 'unverified' },
        ],
      },
      {
        action: 'update',
        subject: own,
        changes: [
          { field: 'type', before: 'apartment', after: 'studio' },
          { field: 'unitType', before: null, after: 'Ателие' },
        ],
      },
      {
        action: 'update',
        subject: own,
        changes: [
          { field: 'entrance', before: null, after: '2' },
          { field: 'share', before: '1/3', after: '2/3' },
        ],
      },
      { action: 'update', subject: own, changes: [{ field: 'share', before: null, after: '1/3' }] },
    ])
    for (const { actor } of items.slice(0, 7)) expect(actor).toEqual({ kind: 'staff', name: 'Мария Колева' })
    expect(items.at(-1)).toMatchObject({ action: 'create', actor: { kind: 'system', name: null } })
  })

  it('comes in pages that meet, whatever happens in between', async () => {
    const { unit, director } = await buildHouse()
    for (let floor = 1; floor <= 6; floor++) await director.units.update({ id: unit.id, version: floor, floor })
    const whole = await director.timeline.list({ entity: 'unit', id: unit.id })
    const first = await director.timeline.list({ entity: 'unit', id: unit.id, limit: 3 })
    await director.units.update({ id: unit.id, version: 7, floor: 9 })
    const second = await director.timeline.list({ entity: 'unit', id: unit.id, limit: 100, cursor: first.nextCursor! })
    expect([...first.items, ...second.items]).toEqual(whole.items)
    for (const cursor of ['x', '-1', '1; drop', '9'.repeat(30)])
      await expect(director.timeline.list({ entity: 'unit', id: unit.id, cursor })).rejects.toMatchObject(
        refusal('BAD_REQUEST', 'request.invalid'),
      )
  })

  it('knows invites, revoked and accepted, and nothing of their tokens', async () => {
    const { unit, director } = await buildHouse()
    const invite = await buildInvite({ unit, maxUses: 2 })
    await database.system({ companyId: null }, 'write', (db) =>
      db.execute(`update invites set used_count = 1 where id = '${invite.id}'`),
    )
    await director.invites.revoke({ id: invite.id })
    const { items } = await director.timeline.list({ entity: 'unit', id: unit.id })
    expect(items.filter(({ subject }) => subject.kind === 'invites').map(({ action }) => action)).toEqual([
      'revoke',
      'accept',
      'create',
    ])
    const kept = await database.lookup<{ text: string }>(
      `select concat(before, after) as text from audit_log where entity_id in ($1, $2)`,
      [invite.id, unit.id],
    )
    for (const { text } of kept) expect(text).not.toMatch(/token_hash|nonce|key_id|number_sort|number_key|deleted_with/)
    expect(JSON.stringify(items)).not.toContain(invite.tokenHash)
  })
})

describe('the timeline of a person', () => {
  it('masks how to reach them, and keeps to the complexes of the reader', async () => {
    const { company, complex, unit, director } = await buildHouse()
    const person = await director.people.create({ firstName: 'A', lastName: 'B', phone: '+359 88 1234567' })
    await director.people.update({ id: person.id, version: 1, email: 'hidden@example.test' })
    await buildResidency({ unit, person })
    const elsewhere = await buildUnit({ building: await buildBuilding({ complex: await buildComplex({ company }) }) })
    await buildResidency({ unit: elsewhere, person })
    const whole = await director.timeline.list({ entity: 'person', id: person.id })
    expect(JSON.stringify(whole)).not.toMatch(/hidden@|1234567/)
    expect(whole.items.at(-2)).toMatchObject({
      changes: [{ field: 'email', before: null, after: expect.stringContaining('…') }],
    })
    const manager = as(company, 'complex_manager', { complexes: [complex] }).property
    const seen = await manager.timeline.list({ entity: 'person', id: person.id })
    expect(whole.items).toHaveLength(4)
    expect(seen.items).toHaveLength(3)
    expect(seen.items[0]!.subject).toEqual({ kind: 'residencies', label: '12', building: 'А' })
  })
})

describe('timelines', () => {
  it('of complexes tell settings, of buildings their entrances', async () => {
    const { complex, building, entrance, director } = await buildHouse()
    await director.settings.set({ complexId: complex.id, key: 'invites.ttlDays', value: 3 })
    await director.entrances.update({ id: entrance.id, version: 1, number: '3' })
    const [decided] = (await director.timeline.list({ entity: 'complex', id: complex.id })).items
    expect(decided).toMatchObject({
      subject: { kind: 'settings', label: 'invites.ttlDays' },
      changes: [{ field: 'value', before: null, after: 3 }],
    })
    const [renamed] = (await director.timeline.list({ entity: 'building', id: building.id })).items
    expect(renamed).toMatchObject({
      subject: { kind: 'entrances', label: '3' },
      changes: [{ field: 'number', before: '2', after: '3' }],
    })
  })

  it('are for whoever may edit, and of a stranger company nothing is found', async () => {
    const { company, complex, building, unit } = await buildHouse()
    const person = await buildPerson({ company })
    await buildResidency({ unit, person })
    const all = [
      ['complex', complex.id],
      ['building', building.id],
      ['unit', unit.id],
      ['person', person.id],
    ] as const
    const forbidden = refusal('FORBIDDEN', 'auth.forbidden')
    for (const [entity, id] of all) {
      for (const role of ['accountant', 'technician', 'guard', 'resident', 'platform_admin'] as const)
        await expect(
          as(company, role, { complexes: [complex], unit }).property.timeline.list({ entity, id }),
        ).rejects.toMatchObject(forbidden)
      const manager = as(company, 'complex_manager', { complexes: [complex] })
      expect((await manager.property.timeline.list({ entity, id })).items.length).toBeGreaterThan(0)
      for (const stranger of [as(await buildCompany(), 'director'), as(company, 'complex_manager')])
        await expect(stranger.property.timeline.list({ entity, id })).rejects.toMatchObject(
          refusal('NOT_FOUND', `property.${entity}_not_found`),
        )
    }
  })
})
