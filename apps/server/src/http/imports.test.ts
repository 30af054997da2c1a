import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAccessTokens } from '@servai/auth/access-token'
import { parseKeyRing } from '@servai/auth/key-ring'
import { IMPORT_LIMITS } from '@servai/contract/imports'
import {
  buildCompany,
  buildComplex,
  buildGrant,
  buildSession,
  buildUser,
  database,
  type Complex,
} from '@servai/db/test/factories'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { environment, openInstance, type Instance } from '../../test/instance.ts'
import { send, type Sending } from '../../test/send.ts'

const fixture = (name: string) =>
  fs.readFileSync(new URL(`../../../../packages/api/test/fixtures/${name}`, import.meta.url))
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

let server: Instance
let settings: Record<string, string>
let complex: Complex
let director: { authorization: string }

const signInto = async (companyId: string, keys: string, role: 'director' | 'accountant' = 'director') => {
  const user = await buildUser()
  await buildGrant(user, role, { companyId })
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
  settings = environment()
  server = await openInstance({ env: settings })
  complex = await buildComplex({ company: await buildCompany() })
  director = await signInto(complex.companyId, settings.JWT_KEYS!)
})
afterAll(() => server.stop())

const TARGET = '/api/v1/property/imports'

const upload = (sending: Sending, id = complex.id) =>
  send(`${server.url}${TARGET}?kind=units&complexId=${id}`, { method: 'POST', ...sending })

const head = (id: string, authorization: string, length: number) =>
  [
    `POST ${TARGET}?kind=units&complexId=${id} HTTP/1.1`,
    'Host: localhost',
    `Authorization: ${authorization}`,
    'Content-Type: text/csv',
    `Content-Length: ${length}`,
    '\r\n',
  ].join('\r\n')

/** A connection on which answers can be had while a request is still being sent. */
const openSocket = async () => {
  const socket = net.connect(server.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => undefined)
  return {
    write: (bytes: string | Buffer, onSent?: (error?: Error | null) => void) => socket.write(bytes, onSent),
    answer: async () => String((await once(socket, 'data'))[0]),
    end: () => socket.destroy(),
  }
}

const refusal = async (sending: Sending, id?: string) => {
  const answer = await upload(sending, id)
  return [answer.status, answer.reason()]
}

describe('the upload of a spreadsheet', () => {
  it('takes a real workbook, keeps it in pieces for the worker, and answers what has become of it', async () => {
    const content = fixture('units-bg.xlsx')
    const answer = await upload({
      headers: { ...director, 'content-type': XLSX, 'x-file-name': encodeURIComponent('имоти 2026.xlsx') },
      body: content,
    })
    expect(answer.status).toBe(202)
    const made = answer.json() as { id: string }
    expect(made).toMatchObject({
      kind: 'units',
      status: 'reading',
      fileName: 'имоти 2026.xlsx',
      fileBytes: content.length,
      complex: { id: complex.id },
      allowed: ['cancel'],
    })
    const [kept] = await database.lookup<{ bytes: Buffer; topic: string }>(
      `select string_agg(bytes, '' order by piece) as bytes,
         (select topic from outbox where payload ->> 'importId' = $1) as topic from import_files where import_id = $1::uuid`,
      [made.id],
    )
    expect([kept?.topic, kept?.bytes.equals(content)]).toEqual(['imports.uploaded', true])
    const line = server
      .logs()
      .find(({ requestId, msg }) => requestId === answer.headers['x-request-id'] && msg === 'request')
    expect(line).toMatchObject({ route: TARGET, status: 202 })
    const listed = await send(`${server.url}${TARGET}?limit=1`, { headers: director })
    expect([listed.status, listed.json()]).toMatchObject([200, { items: [{ id: made.id }] }])
  })

  it('takes a CSV without a name by its content type, of people as well, without a complex', async () => {
    const answer = await send(`${server.url}${TARGET}?kind=people`, {
      method: 'POST',
      headers: { ...director, 'content-type': 'text/csv; charset=windows-1251' },
      body: fixture('people-en.csv'),
    })
    expect([answer.status, answer.json()]).toMatchObject([
      202,
      { kind: 'people', complex: null, fileName: 'import.csv' },
    ])
  })

  it('asks who it is before it keeps a byte', async () => {
    const headers = { 'content-type': 'text/csv' }
    expect(await refusal({ headers, body: Buffer.alloc(9_000_000, 0x41) })).toEqual([401, 'auth.unauthenticated'])
  })

  it('answers whoever may not import before the file is sent, and the connection goes on', async () => {
    const accountant = await signInto(complex.companyId, settings.JWT_KEYS!, 'accountant')
    const foreign = await buildComplex({ company: await buildCompany() })
    const refusals: [sender: { authorization: string }, target: string, reason: string][] = [
      [accountant, complex.id, 'auth.forbidden'],
      [director, foreign.id, 'property.complex_not_found'],
    ]
    for (const [{ authorization }, target, reason] of refusals) {
      const sender = await openSocket()
      sender.write(head(target, authorization, 9_000_000))
      expect(await sender.answer()).toContain(reason)
      sender.write(Buffer.alloc(9_000_000, 0x41))
      sender.write('GET /health/liveness HTTP/1.1\r\nHost: a\r\n\r\n')
      expect(await sender.answer()).toContain('alive')
      sender.end()
    }
  })

  it('hangs up on a refused sender that does not come to an end', async () => {
    const sender = await openSocket()
    sender.write(head(complex.id, 'none', 200_000_000))
    expect(await sender.answer()).toContain('auth.unauthenticated')
    const chunk = Buffer.alloc(1_000_000, 0x41)
    let megabytes = 0
    while (megabytes < 200 && (await new Promise((resolve) => sender.write(chunk, (error) => resolve(!error)))))
      megabytes++
    expect(megabytes).toBeLessThan(100)
  })

  it('takes one file of a company at a time and a few in all, tells the others when to come back', async () => {
    const uploading = async () => {
      const { id, companyId } = await buildComplex({ company: await buildCompany() })
      const { authorization } = await signInto(companyId, settings.JWT_KEYS!)
      const sender = await openSocket()
      sender.write(head(id, authorization, 1_000))
      await sleep(300)
      return { id, authorization, sender }
    }
    const small = (id: string, authorization: string) =>
      upload({ headers: { authorization, 'content-type': 'text/csv' }, body: fixture('units-ru.csv') }, id)
    const busy = [503, 'server.busy', '5']
    const outcomeOf = async (answer: ReturnType<typeof small>) => {
      const { status, reason, headers } = await answer
      return status === 202 ? [202] : [status, reason(), headers['retry-after']]
    }
    const first = await uploading()
    expect(await outcomeOf(small(first.id, first.authorization))).toEqual(busy)
    const others = await Promise.all([uploading(), uploading(), uploading()])
    const fifth = await buildComplex({ company: await buildCompany() })
    const { authorization } = await signInto(fifth.companyId, settings.JWT_KEYS!)
    expect(await outcomeOf(small(fifth.id, authorization))).toEqual(busy)
    for (const { sender } of [first, ...others]) sender.end()
    await vi.waitFor(async () => expect(await outcomeOf(small(fifth.id, authorization))).toEqual([202]))
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

  it('refuses what is too large, and what is asked for wrongly', async () => {
    const headers = { ...director, 'content-type': 'text/csv' }
    expect(await refusal({ headers, body: Buffer.alloc(IMPORT_LIMITS.bytes + 1, 0x41) })).toEqual([
      413,
      'import.too_large',
    ])
    expect(await refusal({ headers: { ...headers, 'x-file-name': '%ff' }, body: 'x' })).toEqual([
      400,
      'request.malformed',
    ])
    expect(await refusal({ headers, body: 'x' }, 'not-an-id')).toEqual([400, 'request.invalid'])
    for (const query of ['', '?kind=pets', '?kind=units&role=owner']) {
      const answer = await send(`${server.url}${TARGET}${query}`, { method: 'POST', headers, body: 'x' })
      expect([answer.status, answer.reason()]).toEqual([400, 'request.invalid'])
    }
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

describe('the file of refused rows', () => {
  const refused = async (companyId: string) => {
    const [{ id } = { id: '' }] = await database.lookup<{ id: string }>(
      `insert into imports (company_id, id, kind, status, file_name, file_bytes, headers, created_by)
       values ($1, gen_random_uuid(), 'units', 'ready', 'имоти.csv', 1, '["Building","Number"]', gen_random_uuid()) returning id`,
      [companyId],
    )
    await database.lookup(
      `insert into import_rows (company_id, import_id, row, state, cells, problems)
       select $1, $2, n, 'refused', jsonb_build_array('=A' || n, repeat('x', 200)),
         '[{"column":"number","problem":"number_missing","value":"","sameAsRow":null}]' from generate_series(2, 5001) n returning 1`,
      [companyId, id],
    )
    return id
  }
  const get = (path: string, headers: Record<string, string> = director) =>
    send(`${server.url}${TARGET}/${path}`, { headers })

  it('is sent as a download, in the language asked for', async () => {
    const id = await refused(complex.companyId)
    const answer = await get(`${id}/errors.csv?locale=ru`)
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/csv; charset=utf-8'])
    expect(answer.headers['content-disposition']).toBe(
      `attachment; filename="_____ - errors.csv"; filename*=UTF-8''${encodeURIComponent('имоти - errors.csv')}`,
    )
    const lines = answer.text.trimEnd().split('\r\n')
    expect([lines.length, lines[0], lines[1]?.slice(0, 5), lines[1]?.endsWith(';не указан номер')]).toEqual([
      5_001,
      '\uFEFFBuilding;Number;Что не так',
      "'=A2;",
      true,
    ])
    const workbook = await get(`${id}/errors.xlsx`)
    expect([workbook.status, workbook.headers['content-type']]).toEqual([200, XLSX])
  })

  it('has the gates of every other door', async () => {
    const foreign = await refused((await buildCompany()).id)
    const mine = await refused(complex.companyId)
    const accountant = await signInto(complex.companyId, settings.JWT_KEYS!, 'accountant')
    const answers = await Promise.all([
      get(`${foreign}/errors.csv`),
      get(`${mine}/errors.csv`, {}),
      get(`${mine}/errors.csv`, accountant),
      get(`${mine}/errors.csv?locale=de`),
      get('nothing/errors.csv'),
      get(`${mine}/errors.pdf`),
    ])
    expect(answers.map(({ status }) => status)).toEqual([404, 401, 403, 400, 400, 404])
  })
})
