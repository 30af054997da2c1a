import { buildCompany, database } from '@servai/db/test/factories'
import type { Message } from '@servai/email/messages'
import { expect, it } from 'vitest'
import { as, asUser, employ, services } from '../../test/callers.ts'
import type { Topic } from '../events.ts'
import { jobOf, type JobCtx } from '../jobs.ts'
import { sweepExpiringKeys } from './jobs.ts'

const alter = (sql: string) => database.system({}, 'write', (db) => db.execute(sql))

const start = async () => {
  const company = await buildCompany({ name: 'Морска градина' })
  const { user } = await employ(company, 'director')
  const { apiKeys } = asUser(user, `staff:${company.id}`)
  const make = async (expiresInDays?: number) =>
    (await apiKeys.create({ name: 'Bookkeeping', role: 'director', expiresInDays })).apiKey
  return { company, user, apiKeys, make }
}

const eventsOf = (keyId: string, topic: Topic) =>
  database.lookup<{ payload: never }>(`select payload from outbox where topic = $1 and payload ->> 'keyId' = $2`, [
    topic,
    keyId,
  ])

/** Does what the worker would about every event of this kind; answers what it sent. */
const mailed = async (keyId: string, topic: Topic) => {
  const sent: { to: string; message: Message }[] = []
  const ctx: JobCtx = {
    database,
    tokenKeys: services.tokenKeys,
    principals: services.principals,
    mail: {
      sender: { appUrl: 'https://servai.test', senderName: 'servAI' },
      send: async (to, message) => void sent.push({ to, message }),
    },
    metrics: services.metrics,
    log: services.log,
    now: services.now,
    emittedAt: new Date(),
  }
  for (const { payload } of await eventsOf(keyId, topic)) await jobOf(topic)!.handle(ctx, payload)
  return sent
}

it('its owner hears of every key that is made, and of one that takes the place of another', async () => {
  const { user, apiKeys, make } = await start()
  const first = await make()
  const { apiKey: second } = await apiKeys.rotate({ id: first.id })
  for (const key of [first, second]) {
    const [mail, ...more] = await mailed(key.id, 'api_keys.created')
    expect(more).toEqual([])
    expect(mail?.to).toBe(user.email)
    expect(mail?.message.text).toContain(`Bookkeeping (${key.prefix})`)
    expect(mail?.message.text).toContain('Морска градина')
    expect(mail?.message.text).toContain('https://servai.test/profile/api-keys')
  }
})

it('nobody is told of a key that is withdrawn before the message leaves', async () => {
  const { company, make } = await start()
  const { id } = await make()
  await as(company, 'director').apiKeys.revoke({ id })
  expect(await mailed(id, 'api_keys.created')).toEqual([])
})

it('its owner hears once, a week before, that a key is about to expire, whatever the number of workers', async () => {
  const { user, make } = await start()
  const { id, prefix } = await make(60)
  await sweepExpiringKeys(database)
  expect(await eventsOf(id, 'api_keys.expiring')).toEqual([])
  // As if it were 53 days later; only a use leaves `created_at` to the statement.
  await alter(
    `update api_keys set created_at = created_at - interval '53 days 1 hour', expires_at = expires_at - interval '53 days 1 hour',
       last_used_at = now() where id = '${id}'`,
  )
  await Promise.all(Array.from({ length: 5 }, () => sweepExpiringKeys(database)))
  await sweepExpiringKeys(database)
  const sent = await mailed(id, 'api_keys.expiring')
  expect(sent.map(({ to }) => to)).toEqual([user.email])
  expect(sent[0]!.message.subject).toBe('One of your API keys is about to expire')
  expect(sent[0]!.message.text).toContain(prefix)
})

it('no message is due for a key of a few days, one that was replaced, or one that was withdrawn', async () => {
  const { apiKeys, make } = await start()
  const [brief, replaced, revoked] = [await make(3), await make(60), await make(60)]
  await apiKeys.rotate({ id: replaced.id })
  await apiKeys.revoke({ id: revoked.id })
  await alter(`update api_keys set expires_at = now() + interval '6 days' where id = '${revoked.id}'`)
  await sweepExpiringKeys(database)
  for (const { id } of [brief, replaced, revoked]) expect(await eventsOf(id, 'api_keys.expiring')).toEqual([])
})
