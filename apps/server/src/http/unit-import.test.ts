import fs from 'node:fs'
import { createAccessTokens } from '@servai/auth/access-token'
import { parseKeyRing } from '@servai/auth/key-ring'
import {
  buildCompany,
  buildComplex,
  buildGrant,
  buildSession,
  buildUser,
  database,
  type Complex,
} from '@servai/db/test/factories'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { environment, openInstance, type Instance } from '../../test/instance.ts'
import { send, type Sending } from '../../test/send.ts'

const fixture = (name: string) =>
  fs.readFileSync(new URL(`../../../../packages/api/test/fixtures/${name}`, import.meta.url))
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

let server: Instance
let complex: Complex
let director: { authorization: string }

const signInDirectorOf = async (companyId: string, keys: string) => {
  const user = await buildUser()
  await buildGrant(user, 'director', { companyId })
  const { id: sessionId } = await buildSession(user)
  const tokens = createAccessTokens({
    keys: parseKeyRing(keys),
    issuer: 'http://localhost:3000',
    audience: 'servai-api',
  })
  const token = await tokens.sign({ userId: user.id, sessionId, tokenVersion: user.tokenVersion })
  return { authorization: `Bearer ${token}` }
}

beforeAll(async () => {
  const settings = environment()
  server = await openInstance({ env: settings })
  complex = await buildComplex({ company: await buildCompany() })
  director = await signInDirectorOf(complex.companyId, settings.JWT_KEYS!)
})
afterAll(() => server.stop())

const upload = (sending: Sending, id = complex.id) =>
  send(`${server.url}/api/v1/property/complexes/${id}/units/import`, { method: 'POST', ...sending })

const refusal = async (sending: Sending, id?: string) => {
  const answer = await upload(sending, id)
  return [answer.status, answer.reason()]
}

describe('the upload of a spreadsheet', () => {
  it('takes a real workbook and lists the rows it could not', async () => {
    const answer = await upload({
      headers: { ...director, 'content-type': XLSX, 'x-file-name': encodeURIComponent('имоти 2026.xlsx') },
      body: fixture('units-bg.xlsx'),
    })
    expect([answer.status, answer.text.slice(0, 200)]).toEqual([200, expect.stringContaining('"created":144')])
    expect(answer.json()).toMatchObject({ created: 144, buildingsCreated: 2, refused: { length: 4 } })
    const [{ count } = { count: 0 }] = await database.lookup<{ count: number }>(
      'select count(*)::int as count from units where complex_id = $1',
      [complex.id],
    )
    expect(count).toBe(144)
    const line = server
      .logs()
      .find(({ requestId, msg }) => requestId === answer.headers['x-request-id'] && msg === 'request')
    expect(line).toMatchObject({ route: '/api/v1/property/complexes/{complexId}/units/import', status: 200 })
  })

  it('takes a CSV without a name by its content type', async () => {
    const answer = await upload({
      headers: { ...director, 'content-type': 'text/csv; charset=windows-1251' },
      body: fixture('units-ru.csv'),
    })
    expect([answer.status, answer.json()]).toMatchObject([200, { created: 160, refused: { length: 2 } }])
  })

  it('asks who it is before it keeps a byte', async () => {
    const headers = { 'content-type': 'text/csv' }
    expect(await refusal({ headers, body: Buffer.alloc(9_000_000, 0x41) })).toEqual([401, 'auth.unauthenticated'])
  })

  it('has the gates of every other door', async () => {
    expect(await refusal({ headers: { ...director, 'content-type': 'application/json' }, body: '{}' })).toEqual([
      415,
      'request.unsupported_type',
    ])
    expect(
      await refusal({ headers: { ...director, 'content-type': 'multipart/form-data; boundary=x' }, body: 'x' }),
    ).toEqual([415, 'request.unsupported_type'])
    const evil = { 'content-type': 'text/csv', origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
    expect(await refusal({ headers: { ...director, ...evil }, body: 'x' })).toEqual([403, 'request.cross_site'])
    expect(await refusal({ method: 'PUT', headers: { ...director, 'content-type': 'text/csv' }, body: 'x' })).toEqual([
      405,
      'request.method_not_allowed',
    ])
  })

  it('refuses what is too large, no spreadsheet, or no id', async () => {
    const headers = { ...director, 'content-type': 'text/csv' }
    expect(await refusal({ headers, body: Buffer.alloc(10 * 1024 * 1024 + 1, 0x41) })).toEqual([
      413,
      'import.too_large',
    ])
    expect(await refusal({ headers: { ...headers, 'x-file-name': 'a.csv' }, body: fixture('units-bg.xlsx') })).toEqual([
      400,
      'import.unsupported_format',
    ])
    expect(await refusal({ headers: { ...headers, 'x-file-name': '%ff' }, body: 'x' })).toEqual([
      400,
      'request.malformed',
    ])
    expect(await refusal({ headers, body: 'x' }, 'not-an-id')).toEqual([400, 'request.invalid'])
  })

  it('knows no complex of another company', async () => {
    const foreign = await buildComplex({ company: await buildCompany() })
    const headers = { ...director, 'content-type': 'text/csv' }
    expect(await refusal({ headers, body: fixture('units-ru.csv') }, foreign.id)).toEqual([
      404,
      'property.complex_not_found',
    ])
  })
})
