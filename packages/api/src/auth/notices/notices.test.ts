import { readRefreshToken } from '@servai/auth/refresh-token'
import { database } from '@servai/db/test/factories'
import { expect, it } from 'vitest'
import { anonymous } from '../../../test/callers.ts'
import { registerVerified, signInAs, unlimited } from '../../../test/identity.ts'

const refresh = (refreshToken: string) => anonymous({ services: unlimited() }).auth.refresh({ refreshToken })

/** Somebody uses a token of this session that has been exchanged long ago. */
const reuse = async (refreshToken: string) => {
  const { refreshToken: second } = await refresh(refreshToken)
  await refresh(second!)
  await refresh(refreshToken).catch(() => undefined)
  return readRefreshToken(refreshToken)!.sessionId
}

it('who comes back after a token was used twice is told once, in the app and not only by mail', async () => {
  const email = await registerVerified()
  const { as } = await signInAs(email)
  expect(await as().auth.notices()).toEqual({ items: [] })
  const id = await reuse((await signInAs(email)).refreshToken)

  const { items } = await as().auth.notices()
  expect(items).toEqual([{ id, kind: 'refresh_reuse', at: expect.any(String), device: expect.any(String) }])
  await as().auth.readNotices()
  expect(await as().auth.notices()).toEqual({ items: [] })
})

it('nobody reads, or takes away, what somebody else is to be told', async () => {
  const [email, other] = [await registerVerified(), await registerVerified()]
  await reuse((await signInAs(email)).refreshToken)
  const stranger = await signInAs(other)
  expect(await stranger.as().auth.notices()).toEqual({ items: [] })
  await stranger.as().auth.readNotices()
  expect((await (await signInAs(email)).as().auth.notices()).items).toHaveLength(1)
})

it('an ordinary end of a session, or one of long ago, is no news', async () => {
  const email = await registerVerified()
  const [here, there] = [await signInAs(email), await signInAs(email)]
  await anonymous().auth.logout({ refreshToken: there.refreshToken })
  const id = await reuse((await signInAs(email)).refreshToken)
  await database.system({}, 'write', (db) =>
    db.execute(`update sessions set revoked_at = now() - interval '31 days' where id = '${id}'`),
  )
  expect(await here.as().auth.notices()).toEqual({ items: [] })
})
