import { encodeCursor } from '@servai/api/page'
import { createDatabase, type CompanyDb, type Database } from '@servai/db'
import { freshDatabase } from '@servai/db/seed/fresh-database'
import { seedLarge } from '@servai/db/seed/large'
import { databaseOptions } from '@servai/db/test/factories'
import { createPrincipalCache } from '@servai/redis/principal-cache'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { buildRequest, services, type Caller } from '../../test/callers.ts'
import type { Services } from '../context.ts'
import { appRouter } from '../root.ts'
import { createCallerFactory } from '../trpc.ts'

type Query = { text: string; params: unknown[] }
type Client = { unsafe(text: string, params?: unknown[]): PromiseLike<unknown> & { values(): Promise<unknown> } }
// drizzle keeps the client it was made with; here every query that passes it is noted.
const clientOf = (db: CompanyDb) => (db as unknown as { $client: Client }).$client

/** A table of a few pages is read whole whatever its indexes. */
const SMALL_PAGES = 24

let own: Awaited<ReturnType<typeof freshDatabase>>
let database: Database
let sql: postgres.Sql
let companyId: string
let director: Caller
let manager: Caller
const ids: Record<'complex' | 'building' | 'entrance' | 'unit' | 'person', string> = {} as never
const deep: Record<'units' | 'people' | 'residencies', string> = {} as never
let large: Set<string>
const seen: Query[] = []

/** The third of the rows is one company's, the rest are spread over many. */
const COMPLEXES = [8, ...Array.from({ length: 16 }, () => 1)]

const watched = (): Database => ({
  ...database,
  company: (scope, mode, work) =>
    database.company(scope, mode, (db) => {
      const client = clientOf(db)
      const { unsafe } = client
      client.unsafe = (text, params = []) => {
        seen.push({ text, params })
        return unsafe(text, params)
      }
      return work(db)
    }),
})

const signIn = async (given: Services, login: string) => {
  const [user] = await sql<{ id: string }[]>`select id from users where email_key = ${`${login}@large.servai.example`}`
  const sessionId = crypto.randomUUID()
  await sql`insert into sessions (id, user_id, delivery, nonce, key_id, expires_at, idle_seconds, address_prefix, user_agent)
    values (${sessionId}, ${user!.id}, 'body', 'n', 'test', now() + interval '1 day', 86400, '127.0.0.0/24', 'vitest')`
  const accessToken = await given.accessTokens.sign({ userId: user!.id, sessionId, tokenVersion: 1 })
  return createCallerFactory(appRouter)(() =>
    buildRequest({ services: given, accessToken, contextKey: `staff:${companyId}` }),
  )
}

beforeAll(async () => {
  own = await freshDatabase()
  await seedLarge({ ownerUrl: own.ownerUrl, passwordHash: 'hash', complexes: COMPLEXES })
  sql = postgres(own.systemUrl, { max: 1, onnotice: () => undefined })
  database = createDatabase(databaseOptions({ appUrl: own.appUrl, systemUrl: own.systemUrl }))
  const [company] = await sql<{ id: string }[]>`select id from companies where registration_number = 'LARGE-001'`
  companyId = company!.id
  await sql`insert into invites (company_id, id, unit_id, kind, max_uses, expires_at, token_hash, nonce, key_id, created_by)
    select company_id, gen_random_uuid(), id, 'owner', 1, now() + interval '7 days', id::text, 'n', 'test', gen_random_uuid() from units`
  const owner = postgres(own.ownerUrl, { max: 1, onnotice: () => undefined })
  await owner`analyze`
  await owner.end()

  const pick = async (table: string) =>
    (
      await sql.unsafe<{ id: string }[]>(`select id from ${table} where company_id = $1 order by id limit 1`, [
        companyId,
      ])
    )[0]!.id
  for (const [name, table] of Object.entries({
    complex: 'complexes',
    building: 'buildings',
    entrance: 'entrances',
    unit: 'units',
    person: 'people',
  }))
    ids[name as keyof typeof ids] = await pick(table)
  const after = async (table: string, key: string, order: string) => {
    const [row] = await sql.unsafe<{ id: string; value: string }[]>(
      `select id, ${key} as value from ${table} where company_id = $1 order by ${order}, id offset 1000 limit 1`,
      [companyId],
    )
    return encodeCursor(row!)
  }
  deep.units = await after('units', 'number_sort', 'number_sort')
  deep.people = await after('people', 'last_name || chr(10) || first_name', 'last_name, first_name')
  deep.residencies = await after('residencies', 'starts_on::text', 'starts_on')

  const tables = await sql<{ name: string }[]>`
    select relname as name from pg_class where relkind = 'r' and relrowsecurity and relpages > ${SMALL_PAGES}`
  large = new Set(tables.map(({ name }) => name))
  const forThis: Services = { ...services, database: watched(), principals: createPrincipalCache({ redis: null }) }
  director = await signIn(forThis, 'director1')
  manager = await signIn(forThis, 'staff10')
}, 120_000)
afterAll(async () => {
  await Promise.all([database.close(), sql.end()])
  await own.drop()
})

type Plan = { 'Node Type': string; 'Relation Name'?: string; Plans?: Plan[] }

const wholeReads = (plan: Plan): string[] => [
  ...(plan['Node Type'] === 'Seq Scan' && large.has(plan['Relation Name'] ?? '') ? [plan['Relation Name']!] : []),
  ...(plan.Plans ?? []).flatMap(wholeReads),
]

/** Tables that any query of the call reads from end to end, as servai_app plans it for these values and for any. */
const readsWhole = async (call: () => Promise<unknown>) => {
  seen.length = 0
  await call()
  const queries = seen.splice(0).filter(({ text }) => /^\s*(select|with)\b/i.test(text))
  expect(queries.length).toBeGreaterThan(0)
  const found: string[] = []
  for (const { text, params } of queries)
    await database.company({ companyId }, 'read', async (db) => {
      const explain = async (options: string, given: unknown[]) => {
        const rows = (await clientOf(db).unsafe(`explain (format json${options}) ${text}`, given)) as {
          'QUERY PLAN': [{ Plan: Plan }]
        }[]
        found.push(...wholeReads(rows[0]!['QUERY PLAN'][0].Plan).map((table) => `${table}${options}: ${text}`))
      }
      await explain('', params)
      await explain(', generic_plan', [])
    })
  return found
}

it('the tables that matter are large enough to tell', () => {
  expect([...large]).toEqual(expect.arrayContaining(['units', 'people', 'residencies', 'invites']))
})

it('reading one of them whole is noticed', () => {
  const plan = { 'Node Type': 'Nested Loop', Plans: [{ 'Node Type': 'Seq Scan', 'Relation Name': 'people' }] }
  expect(wholeReads(plan)).toEqual(['people'])
})

const calls: Record<string, (property: Caller['property']) => Promise<unknown>> = {
  ...Object.fromEntries(
    (['number', 'floor', 'areaM2', 'createdAt'] as const).flatMap((sort) =>
      (['asc', 'desc'] as const).map((order) => [
        `units by ${sort} ${order}`,
        ({ units }: Caller['property']) => units.list({ sort, order, limit: 50 }),
      ]),
    ),
  ),
  'units, a deep page': ({ units }) => units.list({ cursor: deep.units, limit: 100 }),
  'units of a complex': ({ units }) => units.list({ complexId: ids.complex }),
  'units of a building': ({ units }) => units.list({ buildingId: ids.building }),
  'units of an entrance': ({ units }) => units.list({ entranceId: ids.entrance }),
  'units by the start of a number': ({ units }) => units.list({ q: '12' }),
  'a unit': ({ units }) => units.get({ id: ids.unit }),
  'the card of a unit': ({ units }) => units.card({ id: ids.unit }),
  'the floor grid': ({ units }) => units.grid({ complexId: ids.complex }),
  'people by name': ({ people }) => people.list({ limit: 50 }),
  'people as they were added': ({ people }) => people.list({ sort: 'createdAt', order: 'desc' }),
  'people, a deep page': ({ people }) => people.list({ cursor: deep.people, limit: 100 }),
  'people by a name': ({ people }) => people.list({ q: 'иванова' }),
  'people of a complex': ({ people }) => people.list({ complexId: ids.complex }),
  'people of a building': ({ people }) => people.list({ buildingId: ids.building }),
  'a person': ({ people }) => people.get({ id: ids.person }),
  'residencies by start': ({ residencies }) => residencies.list({ limit: 50 }),
  'residencies as they were added': ({ residencies }) =>
    residencies.list({ sort: 'createdAt', order: 'desc', limit: 50 }),
  'residencies, a deep page': ({ residencies }) => residencies.list({ cursor: deep.residencies, limit: 100 }),
  'residencies of a unit': ({ residencies }) => residencies.list({ unitId: ids.unit }),
  'residencies of a person': ({ residencies }) => residencies.list({ personId: ids.person }),
  'residencies of a complex': ({ residencies }) => residencies.list({ complexId: ids.complex }),
  'residencies by a name': ({ residencies }) => residencies.list({ q: 'иванова' }),
  invites: ({ invites }) => invites.list({ limit: 50 }),
  'invites of a building': ({ invites }) => invites.list({ buildingId: ids.building }),
  'invites of a unit': ({ invites }) => invites.list({ unitId: ids.unit }),
  'invites that are active': ({ invites }) => invites.list({ status: 'active' }),
  'invites by a number': ({ invites }) => invites.list({ q: '12' }),
  complexes: ({ complexes }) => complexes.list({}),
  'complexes by a word': ({ complexes }) => complexes.list({ q: 'complex' }),
  buildings: ({ buildings }) => buildings.list({}),
  'buildings by a word': ({ buildings }) => buildings.list({ q: '1' }),
  entrances: ({ entrances }) => entrances.list({}),
  claims: ({ claims }) => claims.list({}),
  'the history of a unit': ({ timeline }) => timeline.list({ entity: 'unit', id: ids.unit }),
  'search for a number': ({ search }) => search({ q: '12' }),
  'search for a number in a place': ({ search }) => search({ q: 'complex 1 12' }),
  'search for a name': ({ search }) => search({ q: 'иванова' }),
  'search for a name with a fault': ({ search }) => search({ q: 'ивонова' }),
  'search for a phone number': ({ search }) => search({ q: '+359 88 10' }),
}

describe.each([
  ['a director', () => director],
  ['the manager of a complex', () => manager],
] as const)('for %s no large table is read from end to end:', (_who, caller) => {
  it.each(Object.entries(calls))('%s', async (_name, call) => {
    expect(await readsWhole(() => call(caller().property))).toEqual([])
  })
})

describe('inside of search_people', () => {
  const plansOf = async (q: string, complexId: string | null) => {
    const plans: string[] = []
    const admin = postgres(
      Object.assign(new URL(inject('adminUrl')), { pathname: new URL(own.appUrl).pathname }).href,
      {
        max: 1,
        onnotice: ({ message }) => void plans.push(message ?? ''),
      },
    )
    try {
      await admin.unsafe(`load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on;
        set auto_explain.log_level = 'notice'; set app.company_id = '${companyId}'; set role servai_app`)
      await admin`select search_people(${q}, 9, ${complexId ? [complexId] : null}::uuid[])`
    } finally {
      await admin.end()
    }
    return plans
  }

  it.each(['иванова', 'ивонова', 'ванов', 'иванова мария', 'resident7@', '+359 88 10', '12a', 'zzzz'])(
    '%s uses indexes, for the company and for a complex',
    async (q) => {
      for (const complexId of [null, ids.complex]) {
        const plans = await plansOf(q, complexId)
        expect(plans.filter((plan) => plan.includes('people')).length).toBeGreaterThan(1)
        expect(plans.filter((plan) => /Seq Scan on (people|units|residencies)/.test(plan))).toEqual([])
      }
    },
  )
})
