import type http from 'node:http'
import { createAccessTokens } from '@servai/auth/access-token'
import { parseKeyRing } from '@servai/auth/key-ring'
import { auditCallOf } from '@servai/contract/audit-names'
import { EXPORT_DIRECT_ROWS } from '@servai/contract/exports'
import { exportFiles, exports } from '@servai/db/schema/exports'
import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildGrant,
  buildSession,
  buildUnit,
  buildUser,
  database,
  type Building,
} from '@servai/db/test/factories'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { environment, openInstance, type Instance } from '../../test/instance.ts'
import { send } from '../../test/send.ts'

let server: Instance
let settings: Record<string, string>

const signInto = async (companyId: string) => {
  const user = await buildUser()
  await buildGrant(user, 'director', { companyId })
  const { id: sessionId } = await buildSession(user)
  const tokens = createAccessTokens({
    keys: parseKeyRing(settings.JWT_KEYS!),
    issuer: 'http://localhost:3000',
    audience: 'servai-api',
  })
  const token = await tokens.sign({ userId: user.id, sessionId, tokenVersion: user.tokenVersion })
  return { user, headers: { authorization: `Bearer ${token}` } }
}

const fill = ({ companyId, complexId, id }: Building, rows: number) =>
  database.system({}, 'write', (db) =>
    db.execute(sql`
      insert into units (company_id, id, complex_id, building_id, number, number_sort)
      select ${companyId}, gen_random_uuid(), ${complexId}, ${id}, n::text, lpad(n::text, 9, '0') from generate_series(1, ${rows}::int) n`),
  )

beforeAll(async () => {
  settings = environment()
  server = await openInstance({ env: settings })
})
afterAll(() => server.stop())

const get = (path: string, headers: http.OutgoingHttpHeaders, method = 'GET') =>
  send(`${server.url}/api/v1/property/exports/${path}`, { method, headers })

describe('a list as a file', () => {
  let building: Building
  let headers: { authorization: string }
  beforeAll(async () => {
    building = await buildBuilding({ complex: await buildComplex({ company: await buildCompany() }), name: 'А' })
    ;({ headers } = await signInto(building.companyId))
    await buildUnit({ building, number: '1' })
    await buildUnit({ building, number: '2' })
  })

  it('is an attachment that nobody keeps or opens, called in the language asked for', async () => {
    const answer = await get('units.csv?locale=ru&q=1', headers)
    expect(answer.status).toBe(200)
    expect(answer.text.split('\r\n')).toHaveLength(3)
    expect(answer.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-disposition': expect.stringMatching(
        /^attachment; filename="_+ \d{4}-\d\d-\d\d\.csv"; filename\*=UTF-8''%D0%9F[%\w.-]+\.csv$/,
      ),
    })
    const xlsx = await get('units.xlsx', headers)
    expect(xlsx.headers['content-type']).toBe('application/vnd.openxmlformats-officedocument.spreadsheetml.sheet')
    expect(xlsx.text.startsWith('PK')).toBe(true)
    const head = await get('units.csv', headers, 'HEAD')
    expect([head.status, head.text]).toEqual([200, ''])
  })

  it('is refused like any call', async () => {
    const refused = async (path: string, given: http.OutgoingHttpHeaders = headers, method?: string) => {
      const answer = await get(path, given, method)
      return [answer.status, answer.reason()]
    }
    expect(await refused('units.csv', {})).toEqual([401, 'auth.unauthenticated'])
    expect(await refused('units.csv?nonsense=1')).toEqual([400, 'request.invalid'])
    expect(await refused('units.csv?q=1&q=2')).toEqual([400, 'request.invalid'])
    expect(await refused('units.csv?limit=5')).toEqual([400, 'request.invalid'])
    expect(await refused('units.csv?sort=companyId')).toEqual([400, 'request.invalid'])
    expect(await refused('units.pdf')).toEqual([400, 'request.invalid'])
    expect(await refused('secrets.csv')).toEqual([400, 'request.invalid'])
    expect(await refused('units/csv')).toEqual([404, 'request.not_found'])
    expect(await refused('units.csv', headers, 'POST')).toEqual([405, 'request.method_not_allowed'])
    expect(await refused('nonsense/file')).toEqual([400, 'request.invalid'])
    expect(await refused(`${crypto.randomUUID()}/file`)).toEqual([404, 'exports.not_found'])
    expect(await refused('units.csv', { ...headers, 'x-servai-context': `staff:${crypto.randomUUID()}` })).toEqual([
      403,
      'auth.context_denied',
    ])
  })

  it('has its refusals written down like those of any call, once a minute', async () => {
    const { companyId } = building
    const { user, headers: own } = await signInto(companyId)
    const id = crypto.randomUUID()
    const { id: strange } = await buildCompany()
    await get(`${id}/file`, own)
    await get(`${id}/file`, own)
    await get('units.csv', { ...own, 'x-servai-context': `staff:${strange}` })
    const upload = await send(`${server.url}/api/v1/property/imports?kind=units`, {
      body: 'x',
      headers: { ...own, 'content-type': 'text/csv', 'x-servai-context': `staff:${strange}` },
    })
    expect(upload.status).toBe(403)
    await send(`${server.url}/api/v1/property/imports/${id}/errors.csv`, { headers: own })
    await send(`${server.url}/api/v1/auth/personal-data/exports/${id}/file`, { headers: own })
    const denied = await database.lookup(
      `select action, company_id as "companyId", entity_id as "entityId", after ->> 'reason' as reason from audit_log
       where actor_id = $1 and result = 'denied' order by id`,
      [user.id],
    )
    const about = { companyId, entityId: id }
    expect(denied).toEqual([
      { action: 'property.exports.download', ...about, reason: 'exports.not_found' },
      { action: 'property.imports.upload', companyId: null, entityId: null, reason: 'auth.context_denied' },
      { action: 'property.imports.download', ...about, reason: 'import.not_found' },
      { action: 'auth.personalData.download', ...about, reason: 'personal_data.export_not_found' },
    ])
    for (const { action } of denied as { action: string }[]) expect(auditCallOf(action)).not.toBeNull()
  })

  it('of the worker comes whole, with its length', async () => {
    const { companyId } = building
    const { user, headers: own } = await signInto(companyId)
    const id = crypto.randomUUID()
    const [row] = await database.company({ companyId }, 'write', async (db) => {
      const values = {
        id,
        kind: 'units' as const,
        format: 'csv' as const,
        filter: {},
        contextKey: `staff:${companyId}`,
        rights: JSON.stringify(['staff', ['director'], [['director', null]]]),
        locale: 'en',
        status: 'done' as const,
        fileName: 'Units.csv',
        fileBytes: 6,
        createdBy: user.id,
        expiresAt: new Date(Date.now() + 60_000),
      }
      const inserted = await db.insert(exports).values(values).returning()
      for (const [piece, text] of ['one', 'two'].entries())
        await db.insert(exportFiles).values({ exportId: id, piece, bytes: Buffer.from(text) })
      return inserted
    })
    const answer = await get(`${row!.id}/file`, own)
    expect([answer.status, answer.text, answer.headers['content-length']]).toEqual([200, 'onetwo', '6'])
    expect((await get(`${row!.id}/file`, headers)).reason()).toBe('exports.not_found')
  })
})

describe('a long list', () => {
  let building: Building
  let headers: { authorization: string }
  beforeAll(async () => {
    building = await buildBuilding({ complex: await buildComplex({ company: await buildCompany() }) })
    ;({ headers } = await signInto(building.companyId))
    await fill(building, EXPORT_DIRECT_ROWS)
  })

  it('of five thousand rows comes at once, of one more it is left to the worker', async () => {
    expect((await get('units.csv', headers)).text.split('\r\n')).toHaveLength(EXPORT_DIRECT_ROWS + 2)
    await buildUnit({ building, number: 'one more' })
    const answer = await get('units.csv', headers)
    expect([answer.status, answer.reason()]).toEqual([413, 'exports.too_large'])
  })
})
