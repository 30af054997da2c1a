import { afterAll, beforeAll, expect, it } from 'vitest'
import { openAuditStage } from '../../test/audit-stage.ts'
import { wallFaults } from '../self-check.ts'
import { createMonths, dropMonths, readDaysAhead, UnsealedError } from './months.ts'
import { verifyAudit } from './verify.ts'

let stage: Awaited<ReturnType<typeof openAuditStage>>
beforeAll(async () => {
  stage = await openAuditStage()
})
afterAll(() => stage.close())

const monthOf = (monthsAgo: number) => {
  const now = new Date()
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - monthsAgo, 15))
}
const nameOf = (table: string, date: Date) => `${table}_${date.toISOString().slice(0, 7).replace('-', '_')}`
const months = async () => {
  const rows = await stage.superuser<{ name: string }[]>`
    select relname as name from pg_inherits join pg_class on oid = inhrelid where inhparent in ('audit_log'::regclass, 'audit_seals'::regclass)
      and relkind = 'r' order by 1`
  return rows.map(({ name }) => name)
}
/** As if it had been written and sealed then. */
const writeThen = async (company: string, date: Date, count: number) => {
  for (const table of ['audit_log', 'audit_seals'])
    await stage.superuser`select raise_audit_month(${table}::regclass, ${date})`
  await stage.superuser`
    insert into audit_log (company_id, at, action) select ${company}, ${date}, 'units.update' from generate_series(1, ${count})`
}

it('makes months ahead of those who write, once, with walls of their own', async () => {
  await stage.superuser`drop table ${stage.superuser(nameOf('audit_log', monthOf(-2)))}`
  expect(await createMonths(stage.database)).toEqual([nameOf('audit_log', monthOf(-2))])
  expect(await createMonths(stage.database)).toEqual([])
  expect(await readDaysAhead(stage.database)).toBeGreaterThan(85)
  expect(await wallFaults(stage.database)).toEqual([])
})

it('makes none beyond two years', async () => {
  await stage.database.lookup(`select create_audit_months(now() + interval '100 years')`, [])
  expect((await months()).at(-1)).toBe(nameOf('audit_seals', monthOf(-24)))
})

it.each(['0 seconds', '29 days', '-1 year'])(
  'drops nothing younger than thirty days, whoever asks for %s',
  async (ago) => {
    await expect(
      stage.database.lookup(`select drop_audit_months(now() - '${ago}'::interval)`, []),
    ).rejects.toMatchObject({
      message: 'the audit log of the last 30 days is not dropped',
    })
  },
)

it('keeps a month while rows of it wait for their seal', async () => {
  const company = await stage.addCompany()
  await writeThen(company, monthOf(6), 3)
  await expect(dropMonths(stage.database, stage.sealer, 90)).rejects.toBeInstanceOf(UnsealedError)
  expect(await months()).toContain(nameOf('audit_log', monthOf(6)))
  await stage.seal()
})

it('drops whole months with their seals once they ended longer ago than is kept, and chains verify from there', async () => {
  const own = await stage.addCompany()
  await stage.seal()
  await writeThen(own, monthOf(5), 4)
  await stage.seal()
  // As the sealer of that time would have dated them.
  await stage.superuser.begin(async (tx) => {
    await tx`create temp table old on commit drop as select * from audit_seals where at < ${monthOf(4)}`
    await tx`delete from audit_seals where at < ${monthOf(4)}`
    await tx`insert into audit_seals select chain, seq, audit_id, at, at, kid, parts, hash from old`
  })
  expect(await months()).toContain(nameOf('audit_seals', monthOf(5)))

  const dropped = await dropMonths(stage.database, stage.sealer, 90)
  expect(dropped).toBeGreaterThan(0)
  expect(await months()).not.toContain(nameOf('audit_log', monthOf(5)))
  expect(await months()).not.toContain(nameOf('audit_seals', monthOf(5)))
  expect(await dropMonths(stage.database, stage.sealer, 90)).toBe(0)

  await stage.write(own, 2)
  await stage.seal()
  expect(
    (await verifyAudit(stage.database, stage.sealer)).faults.filter(({ kind }) => kind !== 'row_inserted'),
  ).toEqual([])
})
