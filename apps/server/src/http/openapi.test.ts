import { appRouter } from '@servai/api/root'
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openInstance, type Instance } from '../../test/instance.ts'
import { send } from '../../test/send.ts'
import { accountExportRoutes } from './account-exports.ts'
import { exportRoutes } from './exports.ts'
import { importRoutes } from './imports.ts'
import { proceduresOf } from './procedures.ts'

type Operation = {
  operationId: string
  summary: string
  security: object[]
  parameters?: { name: string; in: string; required: boolean; schema: object }[]
  requestBody?: { content: Record<string, { schema: { properties: object }; example?: unknown }> }
  responses: Record<string, unknown>
}
type Document = { openapi: string; paths: Record<string, Record<string, Operation>> }

let server: Instance
let document: Document
beforeAll(async () => {
  server = await openInstance()
  document = (await send(`${server.url}/api/v1/openapi.json`)).json() as Document
})
afterAll(() => server.stop())

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator()
    const result = await validator.validate(structuredClone(document))
    expect(result.errors ?? []).toEqual([])
    expect([result.valid, validator.version]).toEqual([true, '3.1'])
    expect(document.openapi).toBe('3.1.0')
  })

  it('describes every procedure that REST offers, and where files come and go', () => {
    const described = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const offered = [...proceduresOf(appRouter).values()].flatMap(({ meta: { rest } }) =>
      rest ? [`${rest.method} /api/v1${rest.path}`] : [],
    )
    const files = [...importRoutes(), ...exportRoutes(), ...accountExportRoutes()].map(
      ({ method, path }) => `${method} ${path}`,
    )
    expect(files).toContain('POST /api/v1/property/imports')
    expect(described.toSorted()).toEqual([...offered, ...files].toSorted())
  })

  it('says which operations an API key opens: none of an account, none that asks for a fresh proof', () => {
    const opened = Object.values(document.paths).flatMap((item) =>
      Object.values(item).flatMap(({ operationId, security }) =>
        security.some((rule) => 'apiKey' in rule) ? operationId : [],
      ),
    )
    expect(opened).toEqual(
      expect.arrayContaining([
        'auth_me',
        'property_units_list',
        'property_imports_upload',
        'property_exports_units_csv',
      ]),
    )
    for (const closed of ['auth_sessions', 'auth_login', 'apiKeys_list', 'apiKeys_create', 'staff_grants_create'])
      expect(opened).not.toContain(closed)
  })

  it('has a sentence, a security rule and refusals for every operation', () => {
    const ids = new Set<string>()
    for (const item of Object.values(document.paths))
      for (const operation of Object.values(item)) {
        expect(operation.summary).not.toBe(operation.operationId)
        expect(operation.security).toBeInstanceOf(Array)
        expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['400', '429', '503']))
        ids.add(operation.operationId)
      }
    expect(ids.size).toBe(Object.values(document.paths).flatMap((item) => Object.keys(item)).length)
  })

  it('puts the fields of an input where REST reads them from', () => {
    const update = document.paths['/api/v1/property/complexes/{id}']!.patch!
    expect(update.parameters).toEqual([
      { name: 'id', in: 'path', required: true, schema: expect.objectContaining({ format: 'uuid' }) },
      { $ref: '#/components/parameters/Context' },
    ])
    expect(Object.keys(update.requestBody!.content['application/json']!.schema.properties)).not.toContain('id')
    const list = document.paths['/api/v1/property/units']!.get!
    expect(list.parameters!.filter((one) => one.in === 'query').map(({ name }) => name)).toEqual(
      expect.arrayContaining(['cursor', 'limit', 'q', 'sort']),
    )
  })

  it('shows what a first sign-in looks like', () => {
    const login = document.paths['/api/v1/auth/login']!.post!
    expect(login.requestBody!.content['application/json']!.example).toMatchObject({ delivery: 'body' })
  })
})

describe('the page', () => {
  it('loads its parts from here and runs no script of its own', async () => {
    const page = await send(`${server.url}/api/docs`)
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(page.text).not.toMatch(/<script>|https?:\/\//)
    const parts = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!)
    expect(parts).toHaveLength(4)
    for (const part of parts) expect((await send(server.url + part)).status).toBe(200)
    expect((await send(`${server.url}/api/docs/init.js`)).text).toContain('/api/v1/openapi.json')
  })

  it.each(['package.json', 'swagger-ui.js', '..%2fpackage.json', 'constructor', '../health'])(
    'offers nothing else of its package: %s',
    async (name) => {
      expect((await send(`${server.url}/api/docs/${name}`)).status).toBe(404)
    },
  )
})
