import { createExportInput, EXPORT_DIRECT_ROWS, EXPORT_KINDS, type ExportKind } from '@servai/contract/exports'
import type { Role } from '@servai/contract/roles'
import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildGrant,
  buildInvite,
  buildPerson,
  buildResidency,
  buildUnit,
  buildUser,
  database,
  type Building,
  type Company,
  type Complex,
} from '@servai/db/test/factories'
import { sql } from 'drizzle-orm'
import { parse } from 'csv-parse/sync'
import { readXlsx } from 'hucre/xlsx'
import { beforeAll, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { LIMITS } from '../../limits.ts'
import { asUser, buildRequest, employ, refusal, services, signIn } from '../../../test/callers.ts'
import { openExport } from './download.ts'

type Input = z.input<typeof createExportInput>
type Staff = Awaited<ReturnType<typeof employ>>

let company: Company
let near: Complex
let far: Complex
let farBlock: Building

beforeAll(async () => {
  company = await buildCompany({ name: 'Exports', timezone: 'Europe/Sofia' })
  near = await buildComplex({ company, name: 'Near' })
  far = await buildComplex({ company, name: 'Far' })
  const nearBlock = await buildBuilding({ complex: near, name: 'N1' })
  farBlock = await buildBuilding({ complex: far, name: 'F1' })
  for (const building of [nearBlock, farBlock])
    for (let index = 1; index <= 12; index++) {
      const unit = await buildUnit({ building, number: `${index}`, areaM2: '54.30', floor: -1 })
      if (index > 4) continue
      const email = `${building.name}.${index}@example.test`.toLowerCase()
      const person = await buildPerson({ company, firstName: '=1+1', lastName: `Ли ${index}`, email })
      await buildResidency({ unit, person, startsOn: '2024-02-29' })
      await buildInvite({ unit, tokenHash: `hash-${email}`, nonce: `nonce-${email}` })
    }
  await buildPerson({ company, lastName: 'Homeless', email: 'homeless@example.test' })
  await buildUnit({ building: nearBlock, number: '13', deletedAt: new Date() })
  await buildGrant(await buildUser({ email: `tech-${company.id}@example.test` }), 'technician', {
    companyId: company.id,
    complexId: near.id,
  })
})

const hire = (role: Role, complexes = [near]) => employ(company, role, { complexes })

const requestOf = async ({ user, contextKey }: Staff) => {
  const { accessToken } = await signIn(user)
  return buildRequest({ accessToken, contextKey })
}

const bytesOf = async (content: AsyncIterable<Buffer>) => Buffer.concat(await Array.fromAsync(content))

const exportTo = async (staff: Staff, input: Input) => {
  const { content, fileName } = await openExport(await requestOf(staff), createExportInput.parse(input))
  return { bytes: await bytesOf(content), fileName }
}

const rowsOf = async (staff: Staff, input: Omit<Extract<Input, { kind: ExportKind }>, 'format'>) => {
  const { bytes } = await exportTo(staff, { locale: 'en', ...input, format: 'csv' } as Input)
  return parse(bytes, { bom: true, columns: true }) as Record<string, string>[]
}

/** What names a row of each kind in its list and in its file. */
const NAMED: Record<
  Exclude<ExportKind, 'audit'>,
  { header: string; list: (caller: ReturnType<typeof asUser>) => Promise<string[]> }
> = {
  units: {
    header: 'Unit number',
    list: async ({ property }) => (await property.units.list({ limit: 100 })).items.map(({ number }) => number),
  },
  people: {
    header: 'E-mail',
    list: async ({ property }) => (await property.people.list({ limit: 100 })).items.map(({ email }) => email ?? ''),
  },
  residencies: {
    header: 'E-mail',
    list: async ({ property }) =>
      (await property.residencies.list({ limit: 100 })).items.map(({ person }) => person.email ?? ''),
  },
  invites: {
    header: 'Unit number',
    list: async ({ property }) => (await property.invites.list({ limit: 100 })).items.map(({ unit }) => unit.number),
  },
  complexes: {
    header: 'Name',
    list: async ({ property }) => (await property.complexes.list({ limit: 100 })).items.map(({ name }) => name),
  },
  buildings: {
    header: 'Building',
    list: async ({ property }) => (await property.buildings.list({ limit: 100 })).items.map(({ name }) => name),
  },
  staff: {
    header: 'E-mail',
    list: async ({ staff }) => (await staff.members.list({ limit: 100 })).items.map(({ email }) => email),
  },
}

const ROLES = [
  'director',
  'accountant',
  'complex_manager',
  'technician',
  'guard',
  'platform_admin',
  'resident',
] as const

describe.each(ROLES)('%s', (role) => {
  let person: Staff
  beforeAll(async () => {
    person = await hire(role)
  })

  // The audit log grows with each reading of it: its file has a test of its own.
  it.each(EXPORT_KINDS.filter((kind) => kind !== 'audit'))(
    'has of %s exactly what their list shows, in its order, or neither',
    async (kind) => {
      const { header, list } = NAMED[kind]
      const shown = await list(asUser(person.user, person.contextKey)).catch((error: unknown) => error)
      const forbidden = refusal('FORBIDDEN', 'auth.forbidden')
      if (role === 'resident' || !Array.isArray(shown)) {
        if (role !== 'resident') expect(shown).toMatchObject(forbidden)
        await expect(rowsOf(person, { kind })).rejects.toMatchObject({ code: 'forbidden', reason: 'auth.forbidden' })
      } else {
        expect(shown.length).toBeGreaterThan(0)
        expect((await rowsOf(person, { kind })).map((row) => row[header])).toEqual(shown)
      }
    },
  )
})

describe('a file', () => {
  it('follows filter, search, sort and order of the list', async () => {
    const director = await hire('director')
    const numbers = async (filter: object) =>
      (await rowsOf(director, { kind: 'units', filter } as never)).map((row) => row['Unit number'])
    expect(await numbers({ complexId: far.id, q: '1' })).toEqual(['1', '10', '11', '12'])
    expect(await numbers({ complexId: near.id, order: 'desc', q: '1', includeRemoved: true })).toEqual([
      '13',
      '12',
      '11',
      '10',
      '1',
    ])
    expect(await numbers({ complexId: (await buildComplex()).id })).toEqual([])
    expect(() => createExportInput.parse({ kind: 'units', format: 'csv', filter: { companyId: company.id } })).toThrow(
      'unrecognized_keys',
    )
    const accountant = await hire('accountant')
    await expect(rowsOf(accountant, { kind: 'units', filter: { includeRemoved: true } })).rejects.toMatchObject({
      reason: 'auth.forbidden',
    })
  })

  it('speaks the language of the account or the one asked for', async () => {
    const director = await hire('director')
    const bg = await exportTo(director, { kind: 'units', format: 'csv', filter: { complexId: far.id }, locale: 'bg' })
    const [header, first] = bg.bytes.toString().split('\r\n')
    expect(header).toBe('\uFEFFКомплекс;Сграда;Вход;Номер на обект;Етаж;Вид;Собствен вид;Площ (м²);Ид. части;Живущи')
    expect(first).toBe('Far;F1;;1;-1;Апартамент;;"54,30";;1')
    expect(bg.fileName).toMatch(/^Обекти \d{4}-\d{2}-\d{2}\.csv$/)
    const tabs = await exportTo(director, { kind: 'complexes', format: 'csv', locale: 'ru', separator: 'tab' })
    expect(tabs.bytes.toString()).toContain('Название\tГород\tАдрес')
    expect((await exportTo(director, { kind: 'complexes', format: 'csv' })).bytes.toString()).toContain(
      'Name,City,Address',
    )
  })

  it('of residents has typed cells and no formula in XLSX', async () => {
    const { bytes } = await exportTo(await hire('director'), {
      kind: 'residencies',
      format: 'xlsx',
      filter: { complexId: far.id },
      locale: 'en',
    })
    const { sheets } = await readXlsx(bytes)
    expect(sheets[0]!.name).toBe('Residents')
    expect(sheets[0]!.rows[1]).toEqual([
      'Far',
      'F1',
      '1',
      'Ли 1',
      "'=1+1",
      'f1.1@example.test',
      '+359 88 1234567',
      'Owner',
      null,
      new Date('2024-02-29T00:00:00.000Z'),
      null,
      'Not verified',
      'no',
    ])
  })

  it('of invites holds no way in', async () => {
    for (const format of ['csv', 'xlsx'] as const) {
      const { bytes } = await exportTo(await hire('director'), { kind: 'invites', format })
      const text = format === 'csv' ? bytes.toString() : JSON.stringify((await readXlsx(bytes)).sheets[0]!.rows)
      expect(text).toContain('Near')
      expect(text).not.toMatch(/hash|nonce|invite#|token/)
    }
  })

  it('is written down before it leaves, without what was searched for', async () => {
    const director = await hire('director')
    await exportTo(director, { kind: 'people', format: 'csv', filter: { q: 'n1.2@example.test' } })
    const rows = await database.lookup<{ after: unknown }>(
      `select after from audit_log where action = 'property.export' and actor_id = $1`,
      [director.user.id],
    )
    expect(rows).toEqual([
      {
        after: {
          kind: 'people',
          format: 'csv',
          rows: 1,
          filter: { q: '…', sort: 'name', order: 'asc', includeRemoved: false },
        },
      },
    ])
  })

  it('shows nothing of another company', async () => {
    const stranger = await employ(await buildCompany(), 'director')
    for (const kind of EXPORT_KINDS)
      for (const row of await rowsOf(stranger, { kind })) expect(Object.values(row).join()).not.toMatch(/Near|Far|Ли/)
    await expect(rowsOf({ ...stranger, contextKey: `staff:${company.id}` }, { kind: 'units' })).rejects.toMatchObject({
      reason: 'auth.context_denied',
    })
  })

  it('stops in the middle when the session ends', async () => {
    const director = await hire('director')
    const big = await buildComplex({ company: await buildCompany() })
    const user = director.user
    await buildGrant(user, 'director', { companyId: big.companyId })
    await fill(await buildBuilding({ complex: big }), 3_000)
    const { accessToken, sessionId } = await signIn(user)
    const request = buildRequest({ accessToken, contextKey: `staff:${big.companyId}` })
    const { content } = await openExport(request, createExportInput.parse({ kind: 'units', format: 'csv' }))
    await content.next()
    await content.next()
    await services.principals.suspend(user.id)
    await database.system({}, 'write', (db) =>
      db.execute(sql`update sessions set revoked_at = now(), revoked_reason = 'logout' where id = ${sessionId}`),
    )
    await expect(Array.fromAsync(content)).rejects.toMatchObject({ reason: 'auth.session_revoked' })
  })

  it('stops in the middle when a complex is taken away', async () => {
    const other = await buildCompany()
    const complexes = [await buildComplex({ company: other }), await buildComplex({ company: other })] as const
    await fill(await buildBuilding({ complex: complexes[0] }), 3_000)
    const manager = await employ(other, 'complex_manager', { complexes: [...complexes] })
    const input = createExportInput.parse({ kind: 'units', format: 'csv' })
    const { content } = await openExport(await requestOf(manager), input)
    await content.next()
    await content.next()
    await services.principals.suspend(manager.user.id)
    await database.system({}, 'write', (db) =>
      db.execute(sql`delete from role_grants where user_id = ${manager.user.id} and complex_id = ${complexes[1].id}`),
    )
    await expect(Array.fromAsync(content)).rejects.toMatchObject({ reason: 'exports.rights_changed' })
  })

  it('of more than five thousand rows is for the worker, and nobody exports without end', async () => {
    const big = await buildComplex({ company: await buildCompany() })
    const building = await buildBuilding({ complex: big })
    await fill(building, EXPORT_DIRECT_ROWS)
    const director = await employ({ id: big.companyId }, 'director')
    expect(await rowsOf(director, { kind: 'units' })).toHaveLength(EXPORT_DIRECT_ROWS)
    await buildUnit({ building, number: 'one more' })
    await expect(rowsOf(director, { kind: 'units' })).rejects.toMatchObject({ reason: 'exports.too_large' })
    for (let index = 2; index < LIMITS.export.limit; index++) await rowsOf(director, { kind: 'complexes' })
    await expect(rowsOf(director, { kind: 'complexes' })).rejects.toMatchObject({ reason: 'request.rate_limited' })
  })
})

const fill = ({ companyId, complexId, id }: Building, rows: number) =>
  database.system({}, 'write', (db) =>
    db.execute(sql`
      insert into units (company_id, id, complex_id, building_id, number, number_sort)
      select ${companyId}, gen_random_uuid(), ${complexId}, ${id}, n::text, lpad(n::text, 9, '0') from generate_series(1, ${rows}::int) n`),
  )
