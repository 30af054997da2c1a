import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, expect, it } from 'vitest'

import { openStage, until, type Stage } from './stage.ts'

const ALERT = fileURLToPath(new URL('./alert-worker.ts', import.meta.url))
const ROWS = 40_000

let stage: Stage
const children: ChildProcess[] = []
beforeEach(async () => {
  stage = await openStage('postgres')
})
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await stage.close()
})

const startProcess = async () => {
  const child = spawn(process.execPath, [ALERT], {
    env: { PATH: process.env.PATH, ...stage.variables() },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  await until(() => output.includes('"worker ready"'))
  return child
}

/** A company with units enough for several pieces, and an export of them that waits. */
const seed = async () => {
  const { sql } = stage
  const user = await stage.addUser()
  const [companyId, complexId, buildingId, exportId] = Array.from({ length: 4 }, () => crypto.randomUUID())
  await sql`insert into companies (id, name, legal_name, registration_number, country, currency, locale, timezone)
    values (${companyId!}, 'Large', 'Large', 'large', 'BG', 'EUR', 'en', 'Europe/Sofia')`
  await sql`insert into complexes (company_id, id, name, city, address, timezone)
    values (${companyId!}, ${complexId!}, 'Large', 'Sofia', '1', 'Europe/Sofia')`
  await sql`insert into buildings (company_id, id, complex_id, name, name_sort)
    values (${companyId!}, ${buildingId!}, ${complexId!}, 'A', 'A')`
  await sql`insert into units (company_id, id, complex_id, building_id, number, number_sort)
    select ${companyId!}, gen_random_uuid(), ${complexId!}, ${buildingId!}, n::text, lpad(n::text, 9, '0')
    from generate_series(1, ${ROWS}::int) n`
  await sql`insert into role_grants (id, user_id, role, company_id) values (gen_random_uuid(), ${user.id}, 'director', ${companyId!})`
  await sql`insert into exports (company_id, id, kind, format, filter, context_key, locale, file_name, created_by, expires_at)
    values (${companyId!}, ${exportId!}, 'units', 'csv', '{}', ${`staff:${companyId}`}, 'en', 'Units.csv', ${user.id}, now() + interval '1 day')`
  await stage.emit('exports.requested', { companyId: companyId!, exportId: exportId!, requestId: 'req-1' })
  return { companyId: companyId!, exportId: exportId! }
}

const look = async (id: string) =>
  (
    await stage.sql<{ status: string; rows: number; totalRows: number | null }[]>`
    select status, rows, total_rows as "totalRows" from exports where id = ${id}`
  )[0]

it('an export whose worker was killed in the middle is written from the start by the next one', async () => {
  const { exportId } = await seed()
  const first = await startProcess()
  await until(async () => ((await look(exportId))?.rows ?? 0) > 0)
  first.kill('SIGKILL')
  await once(first, 'exit')
  expect(await look(exportId)).toMatchObject({ status: 'running', totalRows: ROWS })

  await startProcess()
  await until(async () => {
    await stage.letTimePass()
    return (await look(exportId))?.status === 'done'
  }, 20_000)
  expect(await look(exportId)).toEqual({ status: 'done', rows: ROWS, totalRows: ROWS })
  const pieces = await stage.sql<
    { bytes: Buffer }[]
  >`select bytes from export_files where export_id = ${exportId} order by piece`
  const lines = Buffer.concat(pieces.map(({ bytes }) => bytes))
    .toString()
    .split('\r\n')
  expect(lines).toHaveLength(ROWS + 2)
  expect(new Set(lines.map((line) => line.split(',')[3])).size).toBe(ROWS + 2)
}, 60_000)

it('a file of more than a day is gone when a worker starts', async () => {
  const { exportId } = await seed()
  await stage.sql`update exports set expires_at = now() - interval '1 second' where id = ${exportId}`
  await stage.start()
  await until(async () => (await look(exportId)) === undefined)
}, 30_000)
