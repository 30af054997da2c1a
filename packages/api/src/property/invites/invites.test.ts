import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildEntrance,
  buildPerson,
  buildResidency,
  buildUnit,
  buildUser,
  database,
  type Unit,
} from '@servai/db/test/factories'
import { beforeAll, describe, expect, it } from 'vitest'
import { as, asUser, refusal, services, type Caller } from '../../../test/callers.ts'
import { outcomesOf, tally } from '../../../test/identity.ts'

let company: { id: string }
let invites: Caller['property']['invites']
beforeAll(async () => {
  company = await buildCompany()
  invites = as(company, 'director').property.invites
})

const DAY_MS = 86_400_000

const buildHome = async (): Promise<Unit> =>
  buildUnit({ building: await buildBuilding({ complex: await buildComplex({ company }) }) })

const decide = (key: string, value: unknown, complexId: string | null = null) =>
  database.lookup(
    `insert into settings (company_id, id, complex_id, key, value) values ($1, gen_random_uuid(), $2, $3, $4::text::jsonb)`,
    [company.id, complexId, key, JSON.stringify(value)],
  )

const mailsOf = (inviteId: string) =>
  database.lookup<{ payload: unknown }>(
    `select payload from outbox where topic = 'invites.mail_requested' and payload ->> 'inviteId' = $1`,
    [inviteId],
  )

const owner = async (unit: Unit) => {
  const user = await buildUser()
  const person = await buildPerson({ company, userId: user.id })
  await buildResidency({ unit, person })
  return { user, person, invites: asUser(user).property.invites }
}

describe('an invite', () => {
  it('leads to a unit for as long as the settings say, and is counted', async () => {
    const unit = await buildHome()
    const before = (await services.metrics.invitesCreated.get()).values[0]?.value ?? 0
    const created = await invites.create({ unitId: unit.id, kind: 'tenant' })
    expect(created).toMatchObject({
      unit: { id: unit.id, number: unit.number, complexId: unit.complexId, address: 'Varna, Morska 1' },
      person: null,
      kind: 'tenant',
      maxUses: 1,
      usedCount: 0,
      status: 'active',
      createdBy: 'Ivan Petrov',
      mailedAt: null,
      allowed: ['revoke'],
    })
    expect(created.path).toMatch(/^\/invite#[\w-]{43}$/)
    expect(Math.abs(Date.parse(created.expiresAt) - Date.now() - 7 * DAY_MS)).toBeLessThan(60_000)
    expect((await services.metrics.invitesCreated.get()).values[0]?.value).toBe(before + 1)
    await decide('invites.ttlDays', 3, unit.complexId)
    const next = await invites.create({ unitId: unit.id, kind: 'tenant', replace: true })
    expect(Math.abs(Date.parse(next.expiresAt) - Date.now() - 3 * DAY_MS)).toBeLessThan(60_000)
  })

  it('has the same link whenever it is read, and stores its hash only', async () => {
    const { id, path } = await invites.create({ unitId: (await buildHome()).id, kind: 'owner' })
    expect(await invites.get({ id })).toMatchObject({ path })
    const [row] = await database.lookup<Record<string, unknown>>('select * from invites where id = $1', [id])
    expect(JSON.stringify(row)).not.toContain(path!.slice('/invite#'.length))
  })

  it('is one of as many as a unit may have; the oldest makes room when asked to', async () => {
    const unit = await buildHome()
    const create = (more: object = {}) => invites.create({ unitId: unit.id, kind: 'owner', ...more })
    const first = await create()
    await expect(create()).rejects.toMatchObject(refusal('CONFLICT', 'invites.too_many_active'))
    const second = await create({ replace: true })
    expect(await invites.get({ id: first.id })).toMatchObject({ status: 'revoked', path: null, allowed: [] })
    await invites.revoke({ id: second.id })
    await create()
    await decide('invites.maxActivePerUnit', 2, unit.complexId)
    await create()
    await expect(create()).rejects.toMatchObject(refusal('CONFLICT', 'invites.too_many_active'))
    const free = await buildHome()
    await decide('invites.maxActivePerUnit', null, free.complexId)
    for (const _ of [1, 2, 3]) await invites.create({ unitId: free.id, kind: 'owner' })
    expect((await invites.list({ unitId: free.id, status: 'active' })).items).toHaveLength(3)
  })

  it('go on when the number is lowered, and no other is made beside them', async () => {
    const unit = await buildHome()
    const create = () => invites.create({ unitId: unit.id, kind: 'owner' })
    const allow = (value: number) =>
      as(company, 'director').property.settings.set({
        key: 'invites.maxActivePerUnit',
        value,
        complexId: unit.complexId,
      })
    await allow(2)
    const made = [await create(), await create()]
    await allow(1)
    const { items } = await invites.list({ unitId: unit.id, status: 'active' })
    expect(items.map(({ id }) => id).toSorted()).toEqual(made.map(({ id }) => id).toSorted())
    await invites.revoke({ id: made[0]!.id })
    await expect(create()).rejects.toMatchObject(refusal('CONFLICT', 'invites.too_many_active'))
  })

  it('of 20 asked for at once, one is made', async () => {
    const unit = await buildHome()
    const rush = Array.from({ length: 20 }, () => invites.create({ unitId: unit.id, kind: 'owner' }))
    expect(tally(await outcomesOf(rush))).toEqual({ ok: 1, 'invites.too_many_active': 19 })
  })

  it('revoked twice is revoked once, and says when', async () => {
    const { id } = await invites.create({ unitId: (await buildHome()).id, kind: 'owner' })
    const revoked = await invites.revoke({ id })
    expect(revoked).toMatchObject({ status: 'revoked', path: null })
    expect(await invites.revoke({ id })).toEqual(revoked)
  })

  it('for a person the company knows is used once and can be mailed, again if need be', async () => {
    const unit = await buildHome()
    const person = await buildPerson({ company })
    const forPerson = { unitId: unit.id, kind: 'owner', personId: person.id } as const
    await expect(invites.create({ ...forPerson, maxUses: 2 })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    const created = await invites.create({ ...forPerson, mail: true })
    expect(created).toMatchObject({ person: { id: person.id, email: person.email }, allowed: ['revoke', 'mail'] })
    expect(created.mailedAt).not.toBeNull()
    expect(await mailsOf(created.id)).toEqual([
      { payload: { companyId: company.id, inviteId: created.id, personId: person.id } },
    ])
    for (const _ of [2, 3, 4, 5]) await invites.mail({ id: created.id })
    await expect(invites.mail({ id: created.id })).rejects.toMatchObject(
      refusal('TOO_MANY_REQUESTS', 'request.rate_limited'),
    )
    await invites.revoke({ id: created.id })
    await expect(invites.mail({ id: created.id })).rejects.toMatchObject(refusal('CONFLICT', 'invites.not_active'))
  })

  it('cannot be mailed to nobody', async () => {
    const unit = await buildHome()
    await expect(invites.create({ unitId: unit.id, kind: 'owner', mail: true })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
    const person = await buildPerson({ company, email: null })
    await expect(
      invites.create({ unitId: unit.id, kind: 'owner', personId: person.id, mail: true }),
    ).rejects.toMatchObject(refusal('BAD_REQUEST', 'invites.person_without_email'))
    const { id } = await invites.create({ unitId: unit.id, kind: 'owner' })
    await expect(invites.mail({ id })).rejects.toMatchObject(refusal('BAD_REQUEST', 'invites.person_without_email'))
  })

  it('is refused with keys it does not know, and with what only the server decides', async () => {
    const unitId = (await buildHome()).id
    for (const more of [{ usedCount: 0 }, { expiresAt: '2030-01-01' }, { tokenHash: 'x' }, { companyId: company.id }])
      await expect(invites.create({ unitId, kind: 'owner', ...more })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })
})

describe('the list', () => {
  it('is filtered by place, status and words, the newest first, page by page', async () => {
    const complex = await buildComplex({ company })
    const building = await buildBuilding({ complex })
    const entrance = await buildEntrance({ building })
    const [a, b] = [
      await buildUnit({ building, entranceId: entrance.id, number: 'L1' }),
      await buildUnit({ building, number: 'L2' }),
    ]
    const person = await buildPerson({ company, firstName: 'Жълтуша', email: 'zh%lt@example.test' })
    const first = await invites.create({ unitId: a.id, kind: 'owner' })
    const second = await invites.create({ unitId: b.id, kind: 'owner', personId: person.id })
    await invites.revoke({ id: first.id })
    const ids = async (input: object) => (await invites.list(input)).items.map(({ id }) => id)
    expect(await ids({ complexId: complex.id })).toEqual([second.id, first.id])
    expect(await ids({ buildingId: building.id, status: 'active' })).toEqual([second.id])
    expect(await ids({ entranceId: entrance.id })).toEqual([first.id])
    expect(await ids({ complexId: complex.id, status: 'revoked' })).toEqual([first.id])
    expect(await ids({ complexId: complex.id, q: 'l1' })).toEqual([first.id])
    expect(await ids({ complexId: complex.id, q: 'жълт' })).toEqual([second.id])
    expect(await ids({ complexId: complex.id, q: 'zh%lt' })).toEqual([second.id])
    expect(await ids({ complexId: complex.id, q: 'zh_lt' })).toEqual([])
    const top = await invites.list({ complexId: complex.id, limit: 1 })
    expect(top.items.map(({ id }) => id)).toEqual([second.id])
    expect(await ids({ complexId: complex.id, limit: 1, cursor: top.nextCursor })).toEqual([first.id])
  })

  it('tells what has become of each: expired, used up, revoked', async () => {
    const create = async () => (await invites.create({ unitId: (await buildHome()).id, kind: 'owner' })).id
    const [late, spent, both] = [await create(), await create(), await create()]
    await database.lookup(`update invites set expires_at = now() - interval '1 second' where id in ($1, $2)`, [
      late,
      both,
    ])
    await database.lookup(`update invites set used_count = 1 where id in ($1, $2)`, [spent, both])
    expect((await invites.get({ id: late })).status).toBe('expired')
    expect((await invites.get({ id: spent })).status).toBe('exhausted')
    expect((await invites.get({ id: both })).status).toBe('exhausted')
    for (const [id, status] of [
      [late, 'expired'],
      [spent, 'exhausted'],
      [both, 'exhausted'],
    ] as const)
      expect((await invites.list({ status, limit: 100 })).items.map((row) => row.id)).toContain(id)
  })

  it('shows the link to those who may let people in, not to those who only read', async () => {
    const { id, unit } = await invites.create({ unitId: (await buildHome()).id, kind: 'owner' })
    for (const role of ['accountant', 'platform_admin'] as const)
      expect(await as(company, role).property.invites.get({ id })).toMatchObject({ id, path: null, allowed: [] })
    const manager = as(company, 'complex_manager', { complexes: [{ id: unit.complexId }] }).property.invites
    expect((await manager.get({ id })).path).toMatch(/^\/invite#/)
    for (const role of ['technician', 'guard'] as const)
      await expect(as(company, role).property.invites.get({ id })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })
})

describe('a resident who owns the home', () => {
  it('invites family, sees and revokes the own invites only', async () => {
    const unit = await buildHome()
    const ofStaff = await invites.create({ unitId: unit.id, kind: 'owner' })
    const resident = await owner(unit)
    const created = await resident.invites.create({ unitId: unit.id, kind: 'family', maxUses: 3 })
    expect(created).toMatchObject({ status: 'active', allowed: ['revoke'] })
    expect(created.path).toMatch(/^\/invite#/)
    expect((await resident.invites.list({})).items.map(({ id }) => id)).toEqual([created.id])
    const notFound = refusal('NOT_FOUND', 'property.invite_not_found')
    await expect(resident.invites.get({ id: ofStaff.id })).rejects.toMatchObject(notFound)
    await expect(resident.invites.revoke({ id: ofStaff.id })).rejects.toMatchObject(notFound)
    await expect((await owner(unit)).invites.get({ id: created.id })).rejects.toMatchObject(notFound)
    expect(await resident.invites.revoke({ id: created.id })).toMatchObject({ status: 'revoked' })
    expect(await invites.get({ id: ofStaff.id })).toMatchObject({ status: 'active' })
  })

  it('invites nobody but family, without limit to nobody, into no home but the own', async () => {
    const unit = await buildHome()
    const { person, ...resident } = await owner(unit)
    const family = { unitId: unit.id, kind: 'family' } as const
    const forbidden = refusal('FORBIDDEN', 'auth.forbidden')
    for (const wanted of [
      { ...family, kind: 'owner' as const },
      { ...family, kind: 'tenant' as const },
      { ...family, maxUses: null },
      { ...family, maxUses: 11 },
      { ...family, ttlDays: 8 },
      { ...family, personId: person.id },
      { ...family, personId: person.id, mail: true },
    ])
      await expect(resident.invites.create(wanted)).rejects.toMatchObject(forbidden)
    await expect(resident.invites.create({ ...family, unitId: (await buildHome()).id })).rejects.toMatchObject(
      refusal('NOT_FOUND', 'property.unit_not_found'),
    )
    await decide('invites.familyByResidents', false, unit.complexId)
    await expect(resident.invites.create(family)).rejects.toMatchObject(refusal('FORBIDDEN', 'invites.family_closed'))
  })

  it('is none who rents, belongs to the family, or has moved out', async () => {
    const unit = await buildHome()
    const forbidden = refusal('FORBIDDEN', 'auth.forbidden')
    for (const kind of ['tenant', 'family'] as const) {
      const user = await buildUser()
      await buildResidency({ unit, kind, person: await buildPerson({ company, userId: user.id }) })
      await expect(asUser(user).property.invites.create({ unitId: unit.id, kind: 'family' })).rejects.toMatchObject(
        forbidden,
      )
    }
    const user = await buildUser()
    await buildResidency({ unit, endsOn: '2024-01-01', person: await buildPerson({ company, userId: user.id }) })
    await expect(
      asUser(user, `resident:${company.id}`).property.invites.create({ unitId: unit.id, kind: 'family' }),
    ).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.context_denied'))
  })
})
