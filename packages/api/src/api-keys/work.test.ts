import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildCompany, buildComplex, buildGrant, database } from '@servai/db/test/factories'
import { expect, it } from 'vitest'
import { anonymous, asUser, buildRequest, employ, services } from '../../test/callers.ts'
import { unlimited } from '../../test/identity.ts'
import { csv, work } from '../../test/imports.ts'
import type { Events } from '../events.ts'
import { jobOf, type JobCtx } from '../jobs.ts'
import { openExportFile } from '../property/export/download.ts'
import { openUpload, storeUpload } from '../property/import/upload.ts'

/** A manager of one complex whose key looks after another one, and reads or writes there. */
const start = async (access: 'read' | 'write' = 'write') => {
  const company = await buildCompany()
  const [own, keyed] = [await buildComplex({ company }), await buildComplex({ company })]
  const { user } = await employ(company, 'complex_manager', { complexes: [own, keyed] })
  await buildGrant(user, 'director', { companyId: company.id })
  const staff = asUser(user, `staff:${company.id}`)
  const { key, apiKey } = await staff.apiKeys.create({
    name: 'Registry',
    role: 'complex_manager',
    complexId: keyed.id,
    access,
  })
  const request = () => buildRequest({ accessToken: key, services: unlimited() })
  return { company, own, keyed, user, staff, apiKey, request, program: anonymous(request()) }
}

type Started = Awaited<ReturnType<typeof start>>

const upload = async ({ request, company }: Started, complexId: string) => {
  const folder = await mkdtemp(join(tmpdir(), 'servai-keyed-'))
  try {
    const content = csv('A,1,12,3,50')
    const path = join(folder, 'file')
    await writeFile(path, content)
    const target = { kind: 'units' as const, complexId }
    await openUpload(request(), target)
    const file = { companyId: company.id, fileName: 'units.csv', path, bytes: Buffer.byteLength(content) }
    return await storeUpload(request(), { ...target, ...file })
  } finally {
    await rm(folder, { recursive: true })
  }
}

const auditOf = (id: string) =>
  database.lookup(`select distinct api_key_id, session_id from audit_log where entity_id = $1`, [id])

it('an import by key is read, applied and taken back by the worker as that key', async () => {
  const started = await start()
  const { keyed, program, apiKey, user } = started
  const { id } = await upload(started, keyed.id)
  await work(id, 'imports.uploaded')
  await program.property.imports.start({ id })
  await work(id, 'imports.started')
  expect(await program.property.imports.get({ id })).toMatchObject({ status: 'done', counts: { created: 1 } })
  const { items } = await program.property.units.list({})
  expect(items.map(({ number }) => number)).toEqual(['12'])
  await program.property.imports.undo({ id })
  await work(id, 'imports.undo_requested')
  expect(await program.property.imports.get({ id })).toMatchObject({ status: 'undone' })
  for (const entity of [id, items[0]!.id])
    expect(await auditOf(entity)).toEqual([{ api_key_id: apiKey.id, session_id: null }])
  const actors = await database.lookup(`select distinct actor_id from audit_log where entity_id = $1`, [items[0]!.id])
  expect(actors).toEqual([{ actor_id: user.id }])
})

it('an import reaches no further than its key, whatever else its owner may do', async () => {
  const started = await start()
  await expect(upload(started, started.own.id)).rejects.toMatchObject({ reason: 'property.complex_not_found' })
})

it('an import whose key was withdrawn meanwhile comes to nothing', async () => {
  const started = await start()
  const { keyed, program, staff, apiKey } = started
  const { id } = await upload(started, keyed.id)
  await work(id, 'imports.uploaded')
  await program.property.imports.start({ id })
  await staff.apiKeys.revoke({ id: apiKey.id })
  await work(id, 'imports.started')
  expect(await staff.property.imports.get({ id })).toMatchObject({ status: 'failed', failure: 'auth.forbidden' })
  expect((await staff.property.units.list({ complexId: keyed.id })).items).toEqual([])
})

it('a key for reading uploads nothing', async () => {
  const started = await start('read')
  await expect(upload(started, started.keyed.id)).rejects.toMatchObject({ reason: 'auth.read_only' })
})

it('a list in the background holds what its key may see, and can be fetched with that key', async () => {
  const { program, request, apiKey, keyed, company } = await start()
  await buildComplex({ company })
  const { id } = await program.property.exports.create({ kind: 'complexes', format: 'csv', locale: 'en' })
  const [event] = await database.lookup<{ payload: Events['exports.requested'] }>(
    `select payload from outbox where topic = 'exports.requested' and payload ->> 'exportId' = $1`,
    [id],
  )
  const job = { database, log: services.log, now: () => new Date() } as unknown as JobCtx
  expect(await jobOf('exports.requested')!.handle(job, event!.payload)).toBe('done')
  const { content } = await openExportFile(request(), { id })
  const text = Buffer.concat(await Array.fromAsync(content)).toString()
  expect(text.trim().split('\n')).toHaveLength(2)
  expect(text).toContain(keyed.name)
  expect(await auditOf(id)).toEqual([{ api_key_id: apiKey.id, session_id: null }])
})
