import { buildCompany, buildUser, database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { createExportInput } from '@servai/contract/exports'
import { anonymous, as, asUser, buildRequest, employ, refusal, signIn } from '../../test/callers.ts'
import { unlimited } from '../../test/identity.ts'
import { buildWorld } from '../../test/world.ts'
import { appendAudit } from '../audit.ts'
import { openExport } from '../property/export/download.ts'

const write = (event: Parameters<typeof appendAudit>[1], scope: { impersonatorId?: string } = {}) =>
  database.system(scope, 'write', (db) => appendAudit({ db, requestId: 'req-audit', address: '203.0.113.7' }, event))

describe('the audit log is read', () => {
  it('by the director of the company, and nobody else of it', async () => {
    const { company } = await buildWorld()
    const { items } = await as(company, 'director').audit.list({ limit: 100 })
    expect(items.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['units.create', 'people.create', 'companies.create']),
    )
    expect(new Set(items.map((entry) => entry.company?.id))).toEqual(new Set([company.id]))
    for (const role of [
      'accountant',
      'complex_manager',
      'technician',
      'guard',
      'resident',
      'platform_accountant',
    ] as const)
      await expect(as(company, role).audit.list({})).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.forbidden'))
  })

  it('by no director of another company, whatever is asked for', async () => {
    const { unit, person } = await buildWorld()
    const stranger = as(await buildCompany(), 'director')
    for (const entityId of [unit.id, person.id]) expect((await stranger.audit.list({ entityId })).items).toEqual([])
  })

  it("by the platform's administrator, of one company or of all", async () => {
    const [one, other] = [await buildCompany(), await buildCompany()]
    const ofOne = await as(one, 'platform_admin').audit.list({})
    expect(new Set(ofOne.items.map((entry) => entry.company?.id))).toEqual(new Set([one.id]))
    const { items } = await as(null, 'platform_admin').audit.list({ group: 'settings', limit: 100 })
    expect(items.map(({ entityId }) => entityId)).toEqual(expect.arrayContaining([one.id, other.id]))
  })
})

describe('a sign-in that failed is seen', () => {
  const signInWith = (email: string) =>
    anonymous({ services: unlimited() }).auth.login({ email, password: 'not this one, ever' })

  it('by the director of whoever works for the company, with where it came from, and by the platform', async () => {
    const company = await buildCompany()
    const { user } = await employ(company, 'guard')
    await expect(signInWith(user.email)).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    const asked = { entityId: user.id, result: 'failed' } as const
    const { items } = await as(company, 'director').audit.list(asked)
    expect(items).toMatchObject([
      { action: 'auth.login', result: 'failed', actor: { kind: 'nobody' }, address: expect.any(String) },
    ])
    expect((await as(null, 'platform_admin').audit.list(asked)).items).toHaveLength(1)
    expect((await as(await buildCompany(), 'director').audit.list(asked)).items).toEqual([])
  })

  it('by the platform alone where no account has the address, or it works for nobody', async () => {
    const company = await buildCompany()
    const user = await buildUser()
    await expect(signInWith(user.email)).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    await expect(signInWith(`nobody-${user.id}@example.test`)).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    const asked = { group: 'access', result: 'failed' } as const
    expect((await as(company, 'director').audit.list(asked)).items).toEqual([])
    const { items } = await as(null, 'platform_admin').audit.list({ ...asked, limit: 100 })
    expect(items.filter(({ company: of }) => of === null).length).toBeGreaterThan(1)
  })
})

describe('an entry', () => {
  it('names who acted as whom, and tells a refusal from an act', async () => {
    const company = await buildCompany()
    const { user } = await employ(company, 'director')
    const support = await buildUser({ firstName: 'Anna', lastName: 'Support' })
    const event = {
      action: 'property.units.update',
      actorId: user.id,
      companyId: company.id,
      details: { reason: 'auth.forbidden' },
    }
    await write({ ...event, result: 'denied' }, { impersonatorId: support.id })
    const { items } = await as(company, 'platform_admin').audit.list({ result: 'denied' })
    expect(items).toMatchObject([
      {
        action: 'property.units.update',
        result: 'denied',
        actor: { id: user.id },
        impersonator: { name: null },
        requestId: 'req-audit',
        address: '203.0.113.7',
        changes: [{ field: 'reason', before: null, after: 'auth.forbidden' }],
      },
    ])
    const ofAll = await as(null, 'platform_admin').audit.list({ actorId: user.id })
    expect(ofAll.items).toMatchObject([{ impersonator: { name: 'Anna Support' }, actor: { name: 'Ivan Petrov' } }])
  })

  it('tells old and new values by the names of the timeline, ids by name, contacts masked', async () => {
    const { company, unit, person } = await buildWorld()
    const { user, contextKey } = await employ(company, 'director')
    const director = asUser(user, contextKey)
    await director.property.units.update({ id: unit.id, version: unit.version, number: '77', floor: 3 })
    await director.property.people.update({ id: person.id, version: person.version, email: 'other@mail.example' })
    const [change] = (await director.audit.list({ entityId: unit.id })).items
    expect(change).toMatchObject({ action: 'units.update', actor: { id: user.id } })
    expect(change!.changes).toEqual(
      expect.arrayContaining([
        { field: 'number', before: unit.number, after: '77' },
        { field: 'floor', before: null, after: 3 },
      ]),
    )
    const [contact] = (await director.audit.list({ entityId: person.id })).items
    expect(contact!.changes).toEqual([{ field: 'email', before: 'm…@e….test', after: 'o…@m….example' }])
  })
})

describe('the list', () => {
  it('is read on from where it ended, without a gap or an entry twice', async () => {
    const company = await buildCompany()
    for (let n = 0; n < 7; n++) await write({ action: 'units.update', companyId: company.id })
    const director = as(company, 'director')
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await director.audit.list({ limit: 3, group: 'registry', cursor })
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor ?? undefined
    } while (cursor)
    expect(seen).toHaveLength(7)
    expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => Number(b) - Number(a)))
    await expect(director.audit.list({ cursor: 'foreign' })).rejects.toMatchObject(
      refusal('BAD_REQUEST', 'request.invalid'),
    )
  })

  it.each([
    [{ group: 'people' }, ['people.update']],
    [{ group: 'data' }, ['property.import']],
    [{ group: 'registry' }, ['property.buildings.remove', 'units.update']],
    [{ result: 'denied' }, ['staff.invite']],
    [{ requestId: 'req-audit', q: 'xyz-' }, ['people.update']],
    [{ q: '203.0.113.7', group: 'registry' }, ['property.buildings.remove', 'units.update']],
    [{ q: '100%' }, []],
    [{ to: '2020-01-01T00:00:00.000Z' }, []],
    [{ from: '2020-01-01T00:00:00.000Z', group: 'staff', requestId: 'req-audit' }, ['staff.invite']],
  ] as const)('keeps to %j', async (filter, actions) => {
    const company = await buildCompany()
    const companyId = company.id
    await write({ action: 'units.update', companyId })
    await write({ action: 'people.update', companyId, details: { note: 'xyz-1' } })
    await write({ action: 'property.buildings.remove', companyId })
    await write({ action: 'property.import', companyId })
    await write({ action: 'staff.invite', companyId, result: 'denied' })
    const { items } = await as(company, 'director').audit.list(filter)
    expect(items.map(({ action }) => action)).toEqual(actions)
  })
})

describe('as a file', () => {
  const exportAs = async (
    company: { id: string },
    role: 'director' | 'complex_manager',
    authenticatedAt = new Date(),
  ) => {
    const { user, contextKey } = await employ(company, role)
    const { accessToken } = await signIn(user, { authenticatedAt })
    const asked = createExportInput.parse({ kind: 'audit', format: 'csv', locale: 'en', filter: { group: 'people' } })
    const { content } = await openExport(buildRequest({ accessToken, contextKey }), asked)
    return Buffer.concat(await Array.fromAsync(content)).toString()
  }

  it('has what the list shows, and no cell that a spreadsheet would compute', async () => {
    const company = await buildCompany()
    await write({ action: 'people.update', companyId: company.id, result: 'denied', details: { '=1+1': 'x' } })
    await write({ action: 'people.create', companyId: company.id })
    await write({ action: 'units.create', companyId: company.id })
    const lines = (await exportAs(company, 'director')).trim().split('\r\n')
    expect(lines[0]).toBe('When,Who,Acting,What,Result,Record,Values,From address,Request,Seal')
    expect(lines.slice(1).map((line) => line.split(',').slice(3))).toEqual([
      ['people.create', 'ok', '', '', '203.0.113.7', 'req-audit', ''],
      ['people.update', 'denied', '', "'=1+1:  → x", '203.0.113.7', 'req-audit', ''],
    ])
  })

  it('leaves with a director who has just proved who they are, and with nobody else', async () => {
    const company = await buildCompany()
    const longAgo = new Date(Date.now() - 16 * 60_000)
    await expect(exportAs(company, 'director', longAgo)).rejects.toMatchObject({ reason: 'auth.step_up_required' })
    await expect(exportAs(company, 'complex_manager')).rejects.toMatchObject({ reason: 'auth.forbidden' })
  })
})
