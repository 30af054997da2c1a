import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildPerson,
  buildResidency,
  buildUnit,
  buildUser,
  database,
  type Complex,
  type Unit,
  type User,
} from '@servai/db/test/factories'
import { beforeAll, describe, expect, it } from 'vitest'
import { anonymous, as, asUser, employ, refusal, type Caller } from '../../../test/callers.ts'
import { unlimited } from '../../../test/identity.ts'

let company: { id: string }
let complex: Complex
let director: Caller
beforeAll(async () => {
  company = await buildCompany()
  complex = await buildComplex({ company })
  director = as(company, 'director')
})

const DEAD = refusal('NOT_FOUND', 'invites.token_invalid')
const buildHome = async (): Promise<Unit> => buildUnit({ building: await buildBuilding({ complex }) })
const tokenOf = ({ path }: { path: string | null }) => path!.slice('/invite#'.length)
const accept = (user: User, token: string) => asUser(user).property.invites.accept({ token })
const preview = (token: string) => anonymous({ services: unlimited() }).property.invites.preview({ token })
const statusOf = async (id: string) => (await director.property.invites.get({ id })).status

const expectDead = async (id: string, token: string) => {
  await expect(preview(token)).rejects.toMatchObject(DEAD)
  await expect(accept(await buildUser(), token)).rejects.toMatchObject(DEAD)
  expect(await director.property.invites.get({ id })).toMatchObject({ status: 'orphaned', path: null, usedCount: 0 })
  expect(
    (await director.property.invites.list({ status: 'orphaned', limit: 100 })).items.map((row) => row.id),
  ).toContain(id)
  expect(
    (await director.property.invites.list({ status: 'active', limit: 100 })).items.map((row) => row.id),
  ).not.toContain(id)
}

/** A manager of the complex, and the grant that makes them one. */
const hire = async () => {
  const { user, contextKey } = await employ(company, 'complex_manager', { complexes: [complex] })
  const [grant] = await database.lookup<{ id: string }>('select id from role_grants where user_id = $1', [user.id])
  return { user, grantId: grant!.id, property: asUser(user, contextKey).property }
}

const inviteBy = async (property: Caller['property'], unit?: Unit) => {
  const created = await property.invites.create({
    unitId: (unit ?? (await buildHome())).id,
    kind: 'owner',
    maxUses: null,
    ttlDays: 90,
    replace: true,
  })
  return { id: created.id, token: tokenOf(created), unitId: created.unit.id }
}

const buildOwner = async (overrides: Parameters<typeof buildResidency>[0] = {}) => {
  const unit = await buildHome()
  const user = await buildUser()
  const residency = await buildResidency({
    ...overrides,
    unit,
    person: await buildPerson({ company, userId: user.id }),
  })
  const created = await asUser(user).property.invites.create({ unitId: unit.id, kind: 'family', maxUses: 10 })
  return { unit, user, residency, id: created.id, token: tokenOf(created) }
}

describe('an invite of a resident', () => {
  it('is worth nothing once they own the home no more, least of all to themselves', async () => {
    const { user, residency, id, token } = await buildOwner()
    expect(await preview(token)).toMatchObject({ kind: 'family' })
    await director.property.residencies.remove({ id: residency.id, version: 1 })
    await expect(accept(user, token)).rejects.toMatchObject(DEAD)
    await expectDead(id, token)
    await director.property.residencies.restore({ id: residency.id })
    expect(await accept(await buildUser(), token)).toMatchObject({ status: 'added' })
  })

  it.each([
    ['has ended', { endsOn: '2021-01-01' }],
    ['is a tenant’s now', { kind: 'tenant' as const }],
  ])('also where the residency %s', async (_, change) => {
    const { residency, id, token } = await buildOwner()
    await director.property.residencies.update({ id: residency.id, version: 1, ...change })
    await expectDead(id, token)
  })

  it('waits while residents of the complex may not invite', async () => {
    const { id, token } = await buildOwner()
    const key = 'invites.familyByResidents'
    await director.property.settings.set({ key, value: false })
    await expectDead(id, token)
    await director.property.settings.set({ key, value: true, complexId: complex.id })
    expect(await statusOf(id)).toBe('active')
    await director.property.settings.set({ key, value: false, complexId: complex.id })
    await expectDead(id, token)
    for (const at of [{}, { complexId: complex.id }]) await director.property.settings.reset({ key, ...at })
    expect(await accept(await buildUser(), token)).toMatchObject({ status: 'added' })
  })
})

describe('an invite of a member of staff', () => {
  it('is worth nothing once they look after the complex no more; who takes the role away is told how many', async () => {
    const { user, grantId, property } = await hire()
    const [one, two, revoked] = [await inviteBy(property), await inviteBy(property), await inviteBy(property)]
    await property.invites.revoke({ id: revoked.id })
    expect(await director.staff.grants.revoke({ id: grantId })).toEqual({ ok: true, orphanedInvites: 2 })
    await expect(accept(user, one.token)).rejects.toMatchObject(DEAD)
    for (const { id, token } of [one, two]) await expectDead(id, token)
    expect(await statusOf(revoked.id)).toBe('revoked')
  })

  it('lives on with another role that covers the complex', async () => {
    const { user, grantId, property } = await hire()
    const { token } = await inviteBy(property)
    await employ(company, 'director', { user })
    expect(await director.staff.grants.revoke({ id: grantId })).toEqual({ ok: true, orphanedInvites: 0 })
    expect(await accept(await buildUser(), token)).toMatchObject({ status: 'added' })
  })

  it.each([
    ['has run out', `update role_grants set expires_at = now() - interval '1 second' where user_id = $1`],
    ['is of another complex', `delete from role_grants where user_id = $1`],
    ['is of a disabled account', `update users set status = 'disabled' where id = $1`],
  ])('also where the grant %s', async (what, statement) => {
    const { user, property } = await hire()
    const { id, token } = await inviteBy(property)
    await database.lookup(statement, [user.id])
    if (what === 'is of another complex') await employ(company, 'complex_manager', { user })
    await expectDead(id, token)
  })

  it('is no place taken: the unit gets another, a slip and a mark of its own', async () => {
    const { grantId, property } = await hire()
    const unit = await buildHome()
    await inviteBy(property, unit)
    await director.staff.grants.revoke({ id: grantId })
    const { invites, units } = director.property
    expect((await units.card({ id: unit.id })).invites).toEqual({ active: 0, all: 1 })
    expect(await invites.plan({ buildingId: unit.buildingId })).toMatchObject({ withInvite: 0, toCreate: 1 })
    expect(await invites.sheet({ buildingId: unit.buildingId })).toMatchObject({ slips: [], without: [unit.number] })
    await invites.create({ unitId: unit.id, kind: 'owner' })
    expect((await units.card({ id: unit.id })).invites).toEqual({ active: 1, all: 2 })
  })
})

describe('an orphaned invite', () => {
  const orphan = async () => {
    const { user, grantId, property } = await hire()
    const invite = await inviteBy(property)
    await director.staff.grants.revoke({ id: grantId })
    return { user, ...invite }
  }

  it('is taken over by whoever looks after the complex, link and slips and all', async () => {
    const [one, two] = [await orphan(), await orphan()]
    expect(await director.property.invites.get({ id: one.id })).toMatchObject({ allowed: ['revoke', 'adopt'] })
    const items = [{ id: one.id }, { id: two.id }]
    const elsewhere = as(company, 'complex_manager').property.invites
    await expect(elsewhere.adopt({ items })).rejects.toMatchObject(refusal('NOT_FOUND', 'property.invite_not_found'))
    const successor = await hire()
    expect(await successor.property.invites.adopt({ items })).toEqual({ adopted: 2, withoutRoom: 0 })
    expect(await successor.property.invites.adopt({ items })).toEqual({ adopted: 0, withoutRoom: 0 })
    expect(await accept(await buildUser(), one.token)).toMatchObject({ status: 'added' })
    expect(await director.staff.grants.revoke({ id: successor.grantId })).toMatchObject({ orphanedInvites: 2 })
  })

  it('of a resident is nobody’s to take over', async () => {
    const { residency, id, token } = await buildOwner()
    await director.property.residencies.remove({ id: residency.id, version: 1 })
    expect(await director.property.invites.get({ id })).toMatchObject({ allowed: ['revoke'] })
    expect(await director.property.invites.adopt({ items: [{ id }] })).toEqual({ adopted: 0, withoutRoom: 0 })
    await expectDead(id, token)
  })

  it('can be revoked, and stays dead when the rights come back', async () => {
    const { user, id, token } = await orphan()
    expect(await director.property.invites.revoke({ id })).toMatchObject({ status: 'revoked' })
    await employ(company, 'complex_manager', { user, complexes: [complex] })
    await expect(preview(token)).rejects.toMatchObject(DEAD)
  })

  const decideMost = async (value: number) => {
    const key = 'invites.maxActivePerUnit'
    const home = await buildUnit({
      building: await buildBuilding({ complex: await buildComplex({ company }) }),
    })
    await director.property.settings.set({ key, value, complexId: home.complexId })
    return home
  }

  /** As many of a manager who has left, the oldest first. */
  const orphansIn = async (unit: Unit, count: number) => {
    const { user } = await employ(company, 'director')
    const { property } = asUser(user, `staff:${company.id}`)
    const made: string[] = []
    for (let i = 0; i < count; i += 1) made.push((await property.invites.create({ unitId: unit.id, kind: 'owner' })).id)
    const leave = () => database.lookup(`update users set status = 'disabled' where id = $1`, [user.id])
    const comeBack = () => database.lookup(`update users set status = 'active' where id = $1`, [user.id])
    await leave()
    return { made, comeBack }
  }

  const statusesOf = (ids: string[]) => Promise.all(ids.map(statusOf))

  it('is taken over only where the unit has room, the newest first', async () => {
    const unit = await decideMost(3)
    const { made } = await orphansIn(unit, 3)
    await director.property.settings.set({ key: 'invites.maxActivePerUnit', value: 2, complexId: unit.complexId })
    const own = await buildHome()
    const other = (await orphansIn(own, 1)).made
    const items = [...made, ...other].map((id) => ({ id }))
    expect(await director.property.invites.adopt({ items })).toEqual({ adopted: 3, withoutRoom: 1 })
    expect(await statusesOf(made)).toEqual(['orphaned', 'active', 'active'])
    expect(await statusesOf(other)).toEqual(['active'])
    expect(await director.property.invites.adopt({ items })).toEqual({ adopted: 0, withoutRoom: 1 })
  })

  it('taken over by two at once does not exceed what the unit may have', async () => {
    const unit = await decideMost(4)
    const { made } = await orphansIn(unit, 4)
    await director.property.settings.set({ key: 'invites.maxActivePerUnit', value: 1, complexId: unit.complexId })
    await Promise.all(made.map((id) => director.property.invites.adopt({ items: [{ id }] })))
    expect((await statusesOf(made)).filter((status) => status === 'active')).toHaveLength(1)
  })

  it('gives way for good to a new one, so that no right that comes back makes more than the unit may have', async () => {
    const unit = await decideMost(2)
    const { made, comeBack } = await orphansIn(unit, 2)
    const { id } = await director.property.invites.create({ unitId: unit.id, kind: 'owner' })
    expect(await statusesOf([...made, id])).toEqual(['revoked', 'orphaned', 'active'])
    await comeBack()
    expect(await statusesOf([...made, id])).toEqual(['revoked', 'active', 'active'])
  })

  it('gives way to one of a batch as well', async () => {
    const unit = await decideMost(1)
    const { made, comeBack } = await orphansIn(unit, 1)
    await director.property.invites.bulkCreate({ buildingId: unit.buildingId, kind: 'owner', maxUses: 1 })
    await comeBack()
    expect(await statusesOf(made)).toEqual(['revoked'])
    expect((await director.property.invites.list({ unitId: unit.id, status: 'active' })).items).toHaveLength(1)
  })

  it('stays where a unit may have as many as anybody wants', async () => {
    const { made, comeBack } = await orphansIn(await buildHome(), 1)
    const unit = (await director.property.invites.get({ id: made[0]! })).unit
    const complexId = unit.complexId
    await director.property.settings.set({ key: 'invites.maxActivePerUnit', value: null, complexId })
    await director.property.invites.create({ unitId: unit.id, kind: 'owner' })
    await director.property.settings.reset({ key: 'invites.maxActivePerUnit', complexId })
    await comeBack()
    expect(await statusesOf(made)).toEqual(['active'])
  })
})
