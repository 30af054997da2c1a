import { EXPORT_FILTERS } from '@servai/contract/exports'
import { encodeCursor } from '@servai/api/page'
import { writeExport } from '@servai/api/property/export/content'
import { createDatabase } from '@servai/db'
import type { Ctx } from '@servai/api/context'
import postgres from 'postgres'
import { signTokens, type Keys, type Prepared } from './database.ts'
import { trpcQuery, wire } from './http.ts'
import type { Job } from './load.ts'

/** Of the big customer: how long somebody waits who is not alone, rather than how many could be served. */
export type RegistryRow = { name: string; work: Job['work']; mostP99Ms: number }

const PAGE = 50
const DEEP = PAGE * 999

const WORDS = [
  'иванова',
  'Козлова Мария',
  'тодор',
  'ивонова',
  'taylor',
  'evans ali',
  'smit',
  '088100',
  '+359 88 12',
  'resident77@',
  'георг',
  'хю',
]
const PLACES = ['12', '12А', 'complex 7 12', '1 45', 'P2', '101', 'complex 12', 'бургас']

const placesOf = async (systemUrl: string, companyId: string) => {
  const sql = postgres(systemUrl, { max: 1 })
  try {
    const [unit] = await sql<{ id: string; complexId: string }[]>`
      select id, complex_id as "complexId" from units where company_id = ${companyId} order by id offset 20000 limit 1`
    const [person] = await sql<{ id: string; value: string }[]>`
      select id, last_name || chr(10) || first_name as value from people where company_id = ${companyId} and deleted_at is null
      order by last_name, first_name, id offset ${DEEP - 1} limit 1`
    const [residency] = await sql<{ id: string; value: string }[]>`
      select id, starts_on::text as value from residencies where company_id = ${companyId} and deleted_at is null
      order by starts_on, id offset ${DEEP - 1} limit 1`
    return { unit: unit!, person: person!, residency: residency! }
  } finally {
    await sql.end()
  }
}

export const registryRows = async ({ big, urls }: Prepared, keys: Keys, issuer: string): Promise<RegistryRow[]> => {
  const tokens = await signTokens(big.sessions, keys, issuer)
  const { unit, person, residency } = await placesOf(urls.DATABASE_SYSTEM_URL, big.companyId)
  const asking = (paths: readonly string[]): Job['work'] => ({
    kind: 'replay',
    requests: tokens.map((token, index) => wire({ path: paths[index % paths.length]!, token })),
  })
  const searching = (words: readonly string[]) => asking(words.map((q) => trpcQuery('property.search', { q })))
  const list = (procedure: string, input: object) => asking([trpcQuery(procedure, { limit: PAGE, ...input })])
  const row = (name: string, work: Job['work'], mostP99Ms = 50) => ({ name, work, mostP99Ms })
  return [
    row('search among 120,000 people by name, number, address', searching(WORDS)),
    row('search among 50,000 units and their places', searching(PLACES)),
    row('50 of 120,000 people, page 1', list('property.people.list', {})),
    row('50 of 120,000 people, page 1,000', list('property.people.list', { cursor: encodeCursor(person) })),
    row('50 people found by name', list('property.people.list', { q: 'иванова' })),
    row('50 of 130,000 residencies, page 1', list('property.residencies.list', {})),
    row(
      '50 of 130,000 residencies, page 1,000',
      list('property.residencies.list', { cursor: encodeCursor(residency) }),
    ),
    row('card of a unit', asking([trpcQuery('property.units.card', { id: unit.id })]), 20),
    row('floor grid of 250 units', asking([trpcQuery('property.units.grid', { complexId: unit.complexId })])),
  ]
}

/** Rows a second of 120,000 people as CSV, and milliseconds to the first byte. */
export const exportPeople = async ({ big: { companyId }, urls }: Prepared) => {
  const database = createDatabase({
    appUrl: urls.DATABASE_URL,
    systemUrl: urls.DATABASE_SYSTEM_URL,
    appMax: 2,
    systemMax: 1,
    acquireTimeoutMs: 5_000,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 5_000,
    lockTimeoutMs: 2_000,
    idleInTransactionTimeoutMs: 10_000,
  })
  const actor = { kind: 'system', userId: null, companyId } as const
  const asked = {
    kind: 'people',
    format: 'csv',
    filter: EXPORT_FILTERS.people.parse({}),
    locale: 'en',
    separator: null,
  } as const
  try {
    const startedAt = performance.now()
    let firstMs = 0
    let rows = 0
    const content = writeExport(
      asked,
      'Europe/Sofia',
      // A list reads `db` as `actor` may see it, and nothing else of a request.
      (work) => database.company({ companyId }, 'read', (db) => work({ db, actor } as unknown as Ctx)),
      (more) => (rows += more),
    )
    for await (const chunk of content) firstMs ||= chunk.length > 0 ? performance.now() - startedAt : 0
    return { perSecond: (rows / (performance.now() - startedAt)) * 1000, firstMs }
  } finally {
    await database.close()
  }
}
