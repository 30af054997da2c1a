import { createAccessTokens } from '@servai/auth/access-token'
import { parseKeyRing } from '@servai/auth/key-ring'
import { accountExports } from '@servai/db/schema/account-changes'
import { buildSession, buildUser, database, type User } from '@servai/db/test/factories'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { environment, openInstance, type Instance } from '../../test/instance.ts'
import { send } from '../../test/send.ts'

let server: Instance
let settings: Record<string, string>

beforeAll(async () => {
  settings = environment()
  server = await openInstance({ env: settings })
})
afterAll(() => server.stop())

const bearer = async (user: User, authenticatedAt = new Date()) => {
  const { id: sessionId } = await buildSession(user, { authenticatedAt })
  const keys = parseKeyRing(settings['JWT_KEYS']!)
  const tokens = createAccessTokens({ keys, issuer: 'http://localhost:3000', audience: 'servai-api' })
  const token = await tokens.sign({ userId: user.id, sessionId, tokenVersion: user.tokenVersion })
  return { authorization: `Bearer ${token}` }
}

const finished = async (user: User, content: Buffer) => {
  const [row] = await database.system({}, 'write', (db) =>
    db
      .insert(accountExports)
      .values({
        userId: user.id,
        status: 'done',
        content,
        sizeBytes: content.length,
        expiresAt: new Date(Date.now() + 60_000),
      })
      .returning({ id: accountExports.id }),
  )
  return row!.id
}

const get = (id: string, headers: Record<string, string> = {}, method = 'GET') =>
  send(`${server.url}/api/v1/auth/personal-data/exports/${id}/file`, { method, headers })

it('a copy of personal data comes whole, as a file that nobody keeps or opens', async () => {
  const user = await buildUser()
  const content = Buffer.alloc(1_300_000, 'abcdefg')
  const answer = await get(await finished(user, content), await bearer(user))
  expect(answer.status).toBe(200)
  expect(answer.text).toBe(content.toString())
  expect(answer.headers).toMatchObject({
    'content-type': 'application/zip',
    'content-length': '1300000',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-disposition': expect.stringMatching(/^attachment; filename="servAI \d{4}-\d\d-\d\d\.zip";/),
  })
})

it('a copy of personal data is refused to all but its owner, who has just proved it', async () => {
  const user = await buildUser()
  const id = await finished(user, Buffer.from('mine'))
  const refused = async (...call: Parameters<typeof get>) => {
    const answer = await get(...call)
    return [answer.status, answer.reason()]
  }
  const own = await bearer(user)
  const old = await bearer(user, new Date(Date.now() - 16 * 60_000))
  const absent = [404, 'personal_data.export_not_found']
  expect(await refused(id)).toEqual([401, 'auth.unauthenticated'])
  expect(await refused(id, old)).toEqual([403, 'auth.step_up_required'])
  expect(await refused(id, await bearer(await buildUser()))).toEqual(absent)
  expect(await refused(crypto.randomUUID(), own)).toEqual(absent)
  expect(await refused('nonsense', own)).toEqual([400, 'request.invalid'])
  expect(await refused(id, own, 'POST')).toEqual([405, 'request.method_not_allowed'])
  expect((await get(id, own)).text).toBe('mine')
})
