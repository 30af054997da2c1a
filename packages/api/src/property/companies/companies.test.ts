import { and, eq } from 'drizzle-orm'
import { auditLog } from '@servai/db/schema/audit'
import { companies as companiesTable } from '@servai/db/schema/companies'
import { buildCompany, buildComplex, buildGrant, buildUser, database } from '@servai/db/test/factories'
import { describe, expect, it } from 'vitest'
import { as, asUser, refusal } from '../../../test/callers.ts'
import { domainErrorOf } from '../../errors.ts'

let serial = 0
const particulars = () => ({
  name: 'Морска градина',
  legalName: 'Морска градина ООД',
  registrationNumber: `companies-${process.pid}-${++serial}`,
  country: 'BG',
  currency: 'EUR',
  locale: 'bg' as const,
  timezone: 'Europe/Sofia',
})

const eventsOf = (id: string) =>
  database.system({}, 'read', (db) =>
    db
      .select({ action: auditLog.action, actorId: auditLog.actorId, before: auditLog.before, after: auditLog.after })
      .from(auditLog)
      .where(and(eq(auditLog.entityId, id), eq(auditLog.companyId, id)))
      .orderBy(auditLog.id),
  )

describe('the platform', () => {
  it('takes a company on, changes, removes and restores it, and every step is audited with who did it', async () => {
    const admin = await buildUser()
    await buildGrant(admin, 'platform_admin')
    const { companies } = asUser(admin).property
    const created = await companies.create({ ...particulars(), vatNumber: 'BG200000017' })
    expect(created).toMatchObject({
      version: 1,
      status: 'active',
      address: '',
      allowed: ['update', 'remove', 'set_status'],
    })
    const { id } = created
    expect(await companies.update({ id, version: 1, name: 'Морска градина 2' })).toMatchObject({
      version: 2,
      vatNumber: 'BG200000017',
    })
    await expect(companies.update({ id, version: 1, name: 'Late' })).rejects.toMatchObject(
      refusal('CONFLICT', 'property.version_conflict'),
    )
    await companies.remove({ id, version: 2 })
    expect(await companies.get({ id })).toMatchObject({ removedAt: expect.any(String), allowed: ['restore'] })
    await expect(companies.remove({ id })).rejects.toMatchObject(refusal('NOT_FOUND', 'property.company_not_found'))
    expect(await companies.restore({ id })).toMatchObject({ removedAt: null })

    const events = await eventsOf(id)
    expect(events.map(({ action }) => action)).toEqual([
      'companies.create',
      'companies.update',
      'companies.remove',
      'companies.restore',
    ])
    expect(events.every(({ actorId }) => actorId === admin.id)).toBe(true)
    expect(events[1]).toMatchObject({ before: { name: 'Морска градина' }, after: { name: 'Морска градина 2' } })
  })

  it('sees all companies page by page, the removed ones only on request, and finds them by name or number', async () => {
    const { companies } = as(null, 'platform_admin').property
    const mine = await Promise.all(Array.from({ length: 3 }, () => buildCompany({ name: `100%_walk ${process.pid}` })))
    const gone = await buildCompany({ name: `100%_walk ${process.pid}`, deletedAt: new Date() })
    const walk = async (includeRemoved: boolean) => {
      const ids = []
      let cursor: string | undefined
      do {
        const page = await companies.list({ q: '00%_W', limit: 1, cursor, includeRemoved })
        ids.push(...page.items.map(({ id }) => id))
        cursor = page.nextCursor ?? undefined
      } while (cursor)
      return ids
    }
    const sorted = (rows: { id: string }[]) => rows.map(({ id }) => id).toSorted()
    expect(await walk(false)).toEqual(sorted(mine))
    expect(await walk(true)).toEqual(sorted([...mine, gone]))
    const byNumber = await as(null, 'platform_accountant').property.companies.list({ q: mine[0]!.registrationNumber })
    expect(byNumber.items).toMatchObject([{ id: mine[0]!.id, allowed: [] }])
  })

  it('refuses a registration number twice in a country, also on restore, and to remove what still has complexes', async () => {
    const { companies } = as(null, 'platform_admin').property
    const given = particulars()
    const first = await companies.create(given)
    const taken = refusal('CONFLICT', 'property.registration_taken')
    await expect(companies.create(given)).rejects.toMatchObject(taken)
    await companies.remove({ id: first.id })
    const second = await companies.create(given)
    await expect(companies.restore({ id: first.id })).rejects.toMatchObject(taken)
    await buildComplex({ company: second })
    await expect(companies.remove({ id: second.id })).rejects.toMatchObject({
      cause: { reason: 'property.has_children', details: { counts: { complexes: 1 } } },
    })
  })

  it('ends the rights of those who work for a removed company at once', async () => {
    const company = await buildCompany()
    const director = as(company, 'director')
    expect(await director.property.companies.get({ id: company.id })).toMatchObject({ id: company.id })
    await as(null, 'platform_admin').property.companies.remove({ id: company.id })
    await expect(director.property.companies.get({ id: company.id })).rejects.toMatchObject(
      refusal('FORBIDDEN', 'auth.context_denied'),
    )
  })
})

describe('country and registration number', () => {
  const moved = { country: 'RO' }
  const renumbered = { registrationNumber: `moved-${process.pid}` }

  it.each([moved, renumbered])('%j is for the platform to change, seen from above', async (change) => {
    const company = await buildCompany()
    const { id } = company
    const denied = refusal('FORBIDDEN', 'auth.forbidden')
    for (const caller of [as(company, 'director'), as(company, 'platform_admin'), as(company, 'accountant')])
      await expect(caller.property.companies.update({ id, version: 1, ...change })).rejects.toMatchObject(denied)
    const { companies } = as(null, 'platform_admin').property
    expect(await companies.update({ id, version: 1, ...change })).toMatchObject({ version: 2, ...change })
  })

  it('tell a director nothing of other companies: a number that is taken is refused like one that is free', async () => {
    const [company, other] = [await buildCompany(), await buildCompany()]
    const { companies } = as(company, 'director').property
    for (const registrationNumber of [other.registrationNumber, `free-${process.pid}`])
      await expect(companies.update({ id: company.id, version: 1, registrationNumber })).rejects.toMatchObject(
        refusal('FORBIDDEN', 'auth.forbidden'),
      )
  })

  it('may be sent along unchanged', async () => {
    const { id, country, registrationNumber } = await buildCompany()
    const { companies } = as({ id }, 'director').property
    const sent = { id, version: 1, country, registrationNumber, name: 'Renamed' }
    expect(await companies.update(sent)).toMatchObject({ version: 2, name: 'Renamed' })
  })

  it('are closed to requests by the database itself', async () => {
    const { id } = await buildCompany()
    for (const change of [moved, renumbered])
      await expect(
        database.company({ companyId: id }, 'write', (db) =>
          db.update(companiesTable).set(change).where(eq(companiesTable.id, id)),
        ),
      ).rejects.toMatchObject({ code: '42501' })
  })
})

describe('a time zone', () => {
  it.each(['+02:00', '-05', 'EST', 'CET', 'GMT0', 'Europe/Sofia+2', 'Foo/Bar', 'Foo/Bar-2', 'europe', '', 'UTC+2'])(
    '%j is refused, by the contract and by the database',
    async (timezone) => {
      const company = await buildCompany()
      const { id } = company
      const issue = { path: ['timezone'], code: 'timezone' }
      const asked = as(company, 'director').property.companies.update({ id, version: 1, timezone })
      await expect(asked).rejects.toMatchObject({ code: 'BAD_REQUEST' })
      const written = database
        .company({ companyId: id }, 'write', (db) =>
          db.update(companiesTable).set({ timezone }).where(eq(companiesTable.id, id)),
        )
        .catch((error: unknown) => domainErrorOf(error))
      expect(await written).toMatchObject({ code: 'invalid', reason: 'request.invalid' })
      if (/^[+-]|EST/.test(timezone)) expect(await written).toMatchObject({ details: { issues: [issue] } })
    },
  )

  it.each([
    'UTC',
    'Europe/Sofia',
    'America/Port-au-Prince',
    'America/Argentina/Buenos_Aires',
    'Etc/GMT+2',
    'Etc/GMT-14',
  ])('%s is taken', async (timezone) => {
    const company = await buildCompany()
    const { companies } = as(company, 'director').property
    expect(await companies.update({ id: company.id, version: 1, timezone })).toMatchObject({ timezone })
  })
})

describe('a director', () => {
  it('changes the particulars of the company, never its status or another column', async () => {
    const company = await buildCompany()
    const { companies } = as(company, 'director').property
    const { id } = company
    expect(await companies.get({ id })).toMatchObject({ allowed: ['update'] })
    expect(await companies.update({ id, version: 1, currency: 'RSD', vatNumber: null })).toMatchObject({
      version: 2,
      currency: 'RSD',
    })
    for (const extra of [
      { status: 'blocked' },
      { deletedAt: null },
      { createdAt: new Date() },
      { companyId: id },
      { allowed: [] },
    ])
      await expect(companies.update({ id, version: 2, ...extra })).rejects.toMatchObject(
        refusal('BAD_REQUEST', 'request.invalid'),
      )
    expect(await companies.get({ id })).toMatchObject({ version: 2, status: 'active' })
  })

  it('sends nothing and changes nothing', async () => {
    const company = await buildCompany()
    expect(await as(company, 'director').property.companies.update({ id: company.id, version: 1 })).toMatchObject({
      version: 1,
    })
  })
})
