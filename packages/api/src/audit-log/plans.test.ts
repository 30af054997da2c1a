import { listAuditInput } from '@servai/contract/audit'
import type { CompanyDb, SystemDb } from '@servai/db'
import { openAuditStage } from '@servai/db/test/audit-stage'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { listAudit } from './service.ts'

type Client = { unsafe(text: string, params?: unknown[]): PromiseLike<unknown> & { values(): Promise<unknown> } }
type Plan = {
  'Node Type': string
  'Relation Name'?: string
  'Actual Rows'?: number
  'Actual Loops'?: number
  Plans?: Plan[]
}

let stage: Awaited<ReturnType<typeof openAuditStage>>
let company: string
const ACTOR = '0199a5a0-0000-7000-8000-00000000000a'
const UNIT = '0199a5a0-0000-7000-8000-00000000000b'
beforeAll(async () => {
  stage = await openAuditStage()
  company = await stage.addCompany()
  const other = await stage.addCompany()
  // Four months, the company's every third row; an actor and a row of the registry with a few entries each.
  for (const monthsAgo of [3, 2, 1])
    await stage.superuser`select raise_audit_month('audit_log', now() - ${monthsAgo} * interval '1 month')`
  await stage.superuser`
    insert into audit_log (at, company_id, actor_id, action, result, entity, entity_id, after)
    select now() - (40000 - n) * interval '3 minutes', case n % 3 when 0 then ${company}::uuid else ${other}::uuid end,
      case n % 2000 when 0 then ${ACTOR}::uuid else gen_random_uuid() end, 'units.update', case n % 500 when 0 then 'denied' else 'ok' end,
      'units', case n % 3000 when 0 then ${UNIT}::uuid else gen_random_uuid() end, '{"number": "12"}' from generate_series(1, 40000) n`
  await stage.seal()
  await stage.superuser`vacuum analyze audit_log`
  await stage.superuser`vacuum analyze audit_seals`
}, 120_000)
afterAll(() => stage.close())

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

/** Rows of log and seals that the statements of `work` touch, and those of their tables that are read whole. */
const touched = async (scope: 'company' | 'system', work: (db: CompanyDb | SystemDb) => Promise<unknown>) => {
  let rows = 0
  const readWhole: string[] = []
  const watch = async (db: CompanyDb | SystemDb) => {
    // drizzle keeps the client it was made with; each query that passes it is explained as well.
    const client = (db as unknown as { $client: Client }).$client
    const { unsafe } = client
    const statements: [string, unknown[]][] = []
    client.unsafe = (text, params = []) => {
      if (text.includes('audit_log')) statements.push([text, params])
      return unsafe(text, params)
    }
    await work(db)
    for (const [text, params] of statements) {
      const [answer] = (await unsafe(`explain (analyze, format json) ${text}`, params)) as [
        { 'QUERY PLAN': [{ Plan: Plan }] },
      ]
      for (const node of nodesOf(answer['QUERY PLAN'][0].Plan)) {
        if (!node['Relation Name']?.startsWith('audit_')) continue
        if (node['Node Type'] === 'Seq Scan' && node['Actual Loops'] !== 0) readWhole.push(node['Relation Name'])
        rows += (node['Actual Rows'] ?? 0) * (node['Actual Loops'] ?? 0)
      }
    }
  }
  await (scope === 'company'
    ? stage.database.company({ companyId: company }, 'read', watch)
    : stage.database.system({}, 'read', watch))
  return { rows, readWhole }
}

const page = (db: CompanyDb | SystemDb, given: object, companyId: string | null) =>
  listAudit({ db, actor: { companyId } }, listAuditInput.parse({ limit: 50, ...given }))

it.each([
  ['the newest', {}],
  ['what one account did', { actorId: ACTOR }],
  ['what happened to one row', { entityId: UNIT }],
  ['refusals', { result: 'denied' }],
  [
    'a day of two months ago',
    {
      from: new Date(Date.now() - 60 * 86_400_000).toISOString(),
      to: new Date(Date.now() - 59 * 86_400_000).toISOString(),
    },
  ],
])('reads %s by an index, across months', async (_, filter) => {
  const { rows, readWhole } = await touched('company', (db) => page(db, filter, company))
  expect(readWhole).toEqual([])
  expect(rows).toBeLessThan(400)
})

it('reads a page far back as it reads the first', async () => {
  const cursor = `${new Date(Date.now() - 70 * 86_400_000).toISOString()}_1`
  expect((await touched('company', (db) => page(db, { cursor }, company))).rows).toBeLessThan(400)
})

it('reads all companies at once by time', async () => {
  expect((await touched('system', (db) => page(db, {}, null))).rows).toBeLessThan(400)
})

it('looks no further than it says for words that are not there, and goes on from there', async () => {
  await stage.database.system({}, 'read', async (db) => {
    const first = await page(db, { q: 'nowhere' }, null)
    expect(first).toMatchObject({ items: [], nextCursor: expect.any(String), searchedUntil: expect.any(String) })
    const second = await page(db, { q: 'nowhere', cursor: first.nextCursor }, null)
    expect(second.items).toEqual([])
  })
})

it('keeps the history of a row short to read', async () => {
  const { rows } = await touched('company', (db) =>
    db.execute(`select id from audit_log where entity_id = '${UNIT}' and result = 'ok' order by id desc limit 21`),
  )
  expect(rows).toBeLessThan(100)
})
