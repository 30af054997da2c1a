import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { openStage, until } from './stage.ts'

let stage: Awaited<ReturnType<typeof openStage>>
let superuser: postgres.Sql
let folder: string
beforeAll(async () => {
  stage = await openStage('postgres')
  folder = await mkdtemp(join(tmpdir(), 'servai-anchor-'))
  superuser = postgres(
    Object.assign(new URL(inject('adminUrl')), { pathname: new URL(stage.systemUrl).pathname }).href,
    {
      max: 1,
      onnotice: () => undefined,
    },
  )
  await superuser`set session_replication_role = replica`
})
afterAll(async () => {
  await superuser.end()
  await rm(folder, { recursive: true })
  await stage.close()
})

const VERIFY = fileURLToPath(new URL('../src/audit-verify.ts', import.meta.url))
const verify = (...args: string[]) =>
  new Promise<{ code: number; said: string }>((resolve) => {
    const env = { ...stage.variables(), PATH: process.env.PATH }
    execFile(process.execPath, ['--disable-warning=ExperimentalWarning', VERIFY, ...args], { env }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, said: `${out}${err}` }),
    )
  })

const unsealed = async () => {
  const [row] = await stage.sql<{ n: number }[]>`
    select count(*)::int as n from audit_log a where not exists (select from audit_seals s where s.audit_id = a.id)`
  return row!.n
}

const addCompany = async () => {
  const [company] = await stage.sql<{ id: string }[]>`
    insert into companies (id, name, legal_name, registration_number, country, currency, locale, timezone)
    select id, id, id, id, 'BG', 'EUR', 'bg', 'UTC' from gen_random_uuid() id returning id`
  return company!.id
}

it('seals rows within seconds, by whichever of two workers comes first, and keeps an anchor outside of the database', async () => {
  const anchorFile = join(folder, 'anchors.jsonl')
  const company = await addCompany()
  await Promise.all([stage.start({ AUDIT_ANCHOR_FILE: anchorFile }), stage.start()])
  await until(async () => (await unsealed()) === 0, 5_000)
  await stage.sql`update companies set name = 'Another' where id = ${company}`
  await until(async () => (await unsealed()) === 0, 5_000)
  const seqs = await stage.sql<
    { seq: number }[]
  >`select seq::int as seq from audit_seals where chain = ${company} order by seq`
  expect(seqs.map(({ seq }) => seq)).toEqual([1, 2])

  await until(() => stage.logs.some((line) => line.includes('anchor of the audit log')))
  const line = stage.logs.find((each) => each.includes('anchor of the audit log'))!
  expect(JSON.parse(line)).toMatchObject({ faults: 0, anchor: { heads: expect.any(Array) } })

  const metrics = await (await stage.start()).metrics.registry.metrics()
  expect(metrics).toMatch(/^audit_faulty_chains 0$/m)
  expect(metrics).toMatch(/^audit_unsealed_rows \d+$/m)
  expect(metrics).toMatch(/^audit_days_ahead \d/m)
})

it('says by command that all is well, and by exit code 1 which row is not', async () => {
  const company = await addCompany()
  await until(async () => (await unsealed()) === 0, 5_000)
  expect(await verify()).toMatchObject({ code: 0, said: expect.stringContaining('The audit log is as it was sealed.') })

  const anchorFile = join(folder, 'anchor.jsonl')
  const [head] = await stage.sql<{ seq: number; hash: string }[]>`
    select seq::int as seq, encode(hash, 'hex') as hash from audit_chains where chain = ${company}`
  await writeFile(anchorFile, `${JSON.stringify({ at: 'then', heads: [[company, head!.seq, head!.hash]] })}\n`)
  expect(await verify('--company', company, '--anchor', anchorFile)).toMatchObject({ code: 0 })

  const [row] = await superuser<{ id: number }[]>`
    update audit_log set after = after || '{"name": "Forged"}' where company_id = ${company} returning id::int as id`
  const { code, said } = await verify()
  expect(code).toBe(1)
  expect(said).toMatch(
    new RegExp(
      `company ${company}: row ${row!.id} of \\S+Z, seal #1: was altered after it was sealed; differs in the new values`,
    ),
  )
  expect(await readFile(anchorFile, 'utf8')).toContain(company)
  expect((await verify('--anchor', join(folder, 'none'))).code).toBe(2)
})
