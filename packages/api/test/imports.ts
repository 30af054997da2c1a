import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ImportKind } from '@servai/contract/imports'
import type { Role } from '@servai/contract/roles'
import { database, type User } from '@servai/db/test/factories'
import { afterAll, beforeAll } from 'vitest'
import type { Events } from '../src/events.ts'
import { jobOf, type JobCtx } from '../src/jobs.ts'
import { openUpload, storeUpload } from '../src/property/import/upload.ts'
import { asUser, buildRequest, employ, services, signIn } from './callers.ts'

export const fixture = (name: string) => readFile(new URL(`./fixtures/${name}`, import.meta.url))

let folder: string
let written = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'servai-import-'))
})
afterAll(() => rm(folder, { recursive: true }))

const jobCtx = (): JobCtx => ({
  database,
  tokenKeys: services.tokenKeys,
  principals: services.principals,
  mail: { sender: { appUrl: 'https://servai.test', senderName: 'servAI' }, send: async () => undefined },
  metrics: services.metrics,
  log: services.log,
  now: services.now,
  emittedAt: new Date(),
})

/** A file of units. */
export const csv = (...lines: string[]) => ['Building,Entrance,Number,Floor,Area', ...lines].join('\n')

type Topic = Extract<keyof Events, `imports.${string}`>

/** Does what the worker would about the latest event of an import. */
export const work = async (importId: string, topic: Topic) => {
  const [event] = await database.lookup<{ payload: Events[Topic] }>(
    `select payload from outbox where topic = $1 and payload ->> 'importId' = $2 order by id desc limit 1`,
    [topic, importId],
  )
  if (!event) throw new Error(`nobody has asked for ${topic}`)
  return jobOf(topic)!.handle(jobCtx(), event.payload)
}

type Upload = { kind?: ImportKind; complexId?: string | undefined; name: string; content: Buffer | string }

/** Uploads as one account, and is its worker. */
export const importer = async (
  company: { id: string },
  role: Role = 'director',
  where: { complexes?: { id: string }[]; user?: User } = {},
) => {
  const { user, contextKey } = await employ(company, role, where)
  const { accessToken } = await signIn(user)
  const { imports } = asUser(user, contextKey).property
  const request = () => buildRequest({ accessToken, contextKey })

  const upload = async ({ kind = 'units', complexId, name, content }: Upload) => {
    const target = { kind, complexId }
    await openUpload(request(), target)
    const path = join(folder, `${++written}`)
    await writeFile(path, content)
    const bytes = Buffer.byteLength(content)
    return storeUpload(request(), { ...target, companyId: company.id, fileName: name, path, bytes })
  }
  /** Uploads and reads. */
  const preview = async (given: Upload) => {
    const { id } = await upload(given)
    await work(id, 'imports.uploaded')
    return imports.get({ id })
  }
  const start = async (id: string) => {
    await imports.start({ id })
    await work(id, 'imports.started')
    return imports.get({ id })
  }
  const undo = async (id: string) => {
    await imports.undo({ id })
    await work(id, 'imports.undo_requested')
    return imports.get({ id })
  }
  return {
    user,
    contextKey,
    request,
    imports,
    upload,
    preview,
    start,
    undo,
    /** Uploads, reads and applies. */
    load: async (given: Upload) => start((await preview(given)).id),
    refused: async (id: string) =>
      (await imports.rows({ id, state: 'refused', limit: 100 })).items.map(({ row, problems }) => ({ row, problems })),
  }
}

export type Importer = Awaited<ReturnType<typeof importer>>
