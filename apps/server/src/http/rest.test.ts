import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openInstance, type Instance } from '../../test/instance.ts'
import { probeRouter } from '../../test/router.ts'
import { send } from '../../test/send.ts'

const ID = '019aa4d2-7c1e-7d5a-9f3b-2f6f5b0f7a11'
let server: Instance
const at = (path: string) => `${server.url}/api/v1${path}`

beforeAll(async () => {
  server = await openInstance({ router: probeRouter })
})
afterAll(() => server.stop())

describe('a query string', () => {
  const echoed = async (query: string) => {
    const answer = await send(at(`/probe?${query}`))
    return answer.status === 200 ? (answer.json() as { echoed: unknown }).echoed : [answer.status, answer.reason()]
  }

  it('gives numbers, booleans and lists to a schema that wants them', async () => {
    expect(await echoed('text=5&count=-2.50&flag=true')).toEqual({ text: '5', count: -2.5, flag: true })
    expect(await echoed('tags=a&tags=5')).toEqual({ text: '', tags: ['a', '5'] })
    expect(await echoed('tags=a')).toEqual({ text: '', tags: ['a'] })
    expect(await echoed('text=true')).toEqual({ text: 'true' })
    expect(await echoed('text=a+b%2B')).toEqual({ text: 'a b+' })
  })

  it.each([
    'count=abc',
    'count=',
    'count=1e400',
    'count=0x10',
    'count=NaN',
    'flag=1',
    'flag=yes',
    'admin=true',
    'text=a&text=b',
  ])('is refused as %s', async (query) => {
    expect(await echoed(query)).toEqual([400, 'request.invalid'])
  })

  it('says which value is wrong', async () => {
    const answer = await send(at('/probe?count=abc'))
    expect(answer.json()).toEqual({
      error: {
        reason: 'request.invalid',
        message: 'Some of the values sent are not valid',
        requestId: answer.headers['x-request-id'],
        issues: [{ path: ['count'], code: 'invalid_type' }],
      },
    })
  })

  it('reaches no procedure that takes none', async () => {
    expect((await send(at('/probe/none'))).json()).toEqual({ ok: true })
    const answer = await send(at('/probe/none?a=1'))
    expect([answer.status, answer.reason()]).toEqual([400, 'request.invalid'])
  })
})

describe('statuses', () => {
  it('are 200 for what answers, 201 for what creates, 204 for a removal', async () => {
    expect((await send(at('/probe'), { json: {} })).status).toBe(200)
    const created = await send(at('/probe/items'), { json: { name: 'a' } })
    expect([created.status, created.json()]).toEqual([201, { name: 'a' }])
    const removed = await send(at(`/probe/items/${ID}?version=2`), { method: 'DELETE' })
    expect([removed.status, removed.text, removed.headers['content-length']]).toEqual([204, '', undefined])
  })

  it('are 404 for an unknown address and 405, with what it has, for a method it lacks', async () => {
    const unknown = await send(at('/probe/unknown/thing'))
    expect([unknown.status, unknown.reason()]).toEqual([404, 'request.not_found'])
    const wrong = await send(at(`/probe/items/${ID}`), { json: {} })
    expect([wrong.status, wrong.reason(), wrong.headers.allow]).toEqual([
      405,
      'request.method_not_allowed',
      'PATCH, DELETE',
    ])
  })

  it('are 401 with a challenge where a session is missing', async () => {
    for (const headers of [{}, { authorization: 'Bearer nonsense' }, { authorization: 'Basic YTpi' }]) {
      const answer = await send(at('/probe/private'), { headers })
      expect([answer.status, answer.reason(), answer.headers['www-authenticate']]).toEqual([
        401,
        'auth.unauthenticated',
        'Bearer',
      ])
    }
  })

  it('are 429 with Retry-After where a limit says so', async () => {
    const answer = await send(at('/probe/refuse'), { json: {} })
    expect([answer.status, answer.reason(), answer.headers['retry-after']]).toEqual([429, 'request.rate_limited', '7'])
  })

  it('leave the body out for HEAD', async () => {
    const [head, get] = await Promise.all([send(at('/probe'), { method: 'HEAD' }), send(at('/probe'))])
    expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', get.headers['content-length']])
  })
})

describe('a field of the path', () => {
  it('comes from the path alone', async () => {
    const changed = await send(at(`/probe/items/${ID}`), { method: 'PATCH', json: { version: 3 } })
    expect(changed.json()).toEqual({ id: ID, version: 3 })
    const other = ID.replace('019a', '019b')
    for (const sending of [
      { method: 'PATCH', json: { version: 3, id: other } },
      { method: 'PATCH', json: { version: 3, id: ID } },
    ]) {
      const answer = await send(at(`/probe/items/${ID}`), sending)
      expect([answer.status, answer.reason()]).toEqual([400, 'request.invalid'])
    }
    const twice = await send(at(`/probe/items/${ID}?id=${other}`), { method: 'DELETE' })
    expect(twice.json()).toMatchObject({ error: { issues: [{ path: ['id'], code: 'given_twice' }] } })
  })

  it('is decoded, and checked by the schema', async () => {
    const answer = await send(at('/probe/items/..%2f..%2fetc'), { method: 'DELETE' })
    expect(answer.json()).toMatchObject({ error: { reason: 'request.invalid', issues: [{ path: ['id'] }] } })
  })
})

it('is measured and logged by template, not by address', async () => {
  const answer = await send(at(`/probe/items/${ID}`), { method: 'DELETE' })
  const line = server.logs().find(({ requestId }) => requestId === answer.headers['x-request-id'])
  expect(line).toMatchObject({ route: '/api/v1/probe/items/{id}', method: 'DELETE', status: 204, address: '127.0.0.1' })
  expect(JSON.stringify(line)).not.toContain(ID)
})
