import { createExportInput, EXPORT_KINDS, type ExportKind } from '@servai/contract/exports'
import { exports } from '@servai/db/schema/exports'
import { buildCompany, database } from '@servai/db/test/factories'
import { beforeAll, describe, expect, it } from 'vitest'
import { anonymous, as, buildRequest, employ, refusal, signIn } from '../../../test/callers.ts'
import { openExport, openExportFile } from './download.ts'

const OF_PEOPLE: ExportKind[] = ['people', 'residencies', 'invites', 'staff', 'audit']
const asked = (kind: ExportKind) => createExportInput.parse({ kind, format: 'csv' })
const reasonOf = (outcome: Promise<unknown>) =>
  outcome.then(
    () => 'ok',
    (error: { reason?: string; cause?: { reason?: string } }) => error.cause?.reason ?? error.reason,
  )

/** By both roads, and the file of one that is done. */
const roads = (accessToken: string, contextKey: string, fileOf: (kind: ExportKind) => Promise<string>) => {
  const request = () => buildRequest({ accessToken, contextKey })
  return [
    ['at once', (kind: ExportKind) => openExport(request(), asked(kind))],
    [
      'by the worker',
      (kind: ExportKind) => anonymous({ accessToken, contextKey }).property.exports.create(asked(kind)),
    ],
    ['the file', async (kind: ExportKind) => openExportFile(request(), { id: await fileOf(kind) })],
  ] as const
}

let company: { id: string }
beforeAll(async () => {
  company = await buildCompany()
})

/** An export of this account that is done. */
const finished = (userId: string, rights: string) => (kind: ExportKind) =>
  database.system({}, 'write', async (db) => {
    const [row] = await db
      .insert(exports)
      .values({
        companyId: company.id,
        kind,
        format: 'csv',
        status: 'done',
        filter: {},
        locale: 'en',
        contextKey: `staff:${company.id}`,
        fileName: 'x.csv',
        fileBytes: 0,
        rights,
        createdBy: userId,
        expiresAt: new Date(Date.now() + 60_000),
      })
      .returning({ id: exports.id })
    return row!.id
  })

const RIGHTS = JSON.stringify(['staff', ['director'], [['director', null]]])

describe('a list of people', () => {
  it('leaves only with who has proved who they are in the last quarter of an hour; other lists with anybody', async () => {
    const { user, contextKey } = await employ(company, 'director')
    const { accessToken } = await signIn(user, { authenticatedAt: new Date(Date.now() - 16 * 60_000) })
    for (const [road, take] of roads(accessToken, contextKey, finished(user.id, RIGHTS)))
      for (const kind of EXPORT_KINDS) {
        const outcome = await reasonOf(take(kind))
        await database.lookup(`update exports set status = 'cancelled' where created_by = $1 and status = 'queued'`, [
          user.id,
        ])
        expect([road, kind, outcome]).toEqual([road, kind, OF_PEOPLE.includes(kind) ? 'auth.step_up_required' : 'ok'])
      }
  })
})

it('nobody takes a list away in the name of somebody else', async () => {
  const { user, contextKey } = await employ(company, 'director')
  const { accessToken } = await as(null, 'platform_admin').accounts.impersonations.start({
    id: user.id,
    reason: 'A list looks wrong to them',
    access: 'write',
  })
  for (const [road, take] of roads(accessToken, contextKey, finished(user.id, RIGHTS)))
    for (const kind of EXPORT_KINDS)
      expect([road, kind, await reasonOf(take(kind))]).toEqual([road, kind, 'auth.impersonating'])
})

it('a key takes the lists that are of no people', async () => {
  const { user, contextKey } = await employ(company, 'director')
  const { accessToken } = await signIn(user)
  const { key } = await anonymous({ accessToken, contextKey }).apiKeys.create({ name: 'Lists', role: 'director' })
  const request = () => buildRequest({ accessToken: key, contextKey })
  await openExport(request(), asked('buildings'))
  for (const kind of OF_PEOPLE)
    await expect(openExport(request(), asked(kind))).rejects.toMatchObject({ reason: 'auth.session_required' })
  await expect(
    anonymous({ accessToken: key, contextKey }).property.exports.create(asked('people')),
  ).rejects.toMatchObject(refusal('FORBIDDEN', 'auth.read_only'))
})
