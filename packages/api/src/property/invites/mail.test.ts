import type { Message } from '@servai/email/messages'
import {
  buildBuilding,
  buildClaim,
  buildCompany,
  buildComplex,
  buildPerson,
  buildUnit,
  buildUser,
  database,
} from '@servai/db/test/factories'
import { expect, it } from 'vitest'
import { anonymous, as, services } from '../../../test/callers.ts'
import type { JobCtx } from '../../jobs.ts'
import { mailDecision } from '../claims/jobs.ts'
import { mailInvite } from './jobs.ts'

const createJob = () => {
  const sent: ({ to: string } & Message)[] = []
  const ctx: JobCtx = {
    database,
    tokenKeys: services.tokenKeys,
    principals: services.principals,
    mail: {
      sender: { appUrl: 'https://homes.example', senderName: 'servAI' },
      send: async (to, message) => {
        sent.push({ to, ...message })
      },
    },
    metrics: services.metrics,
    log: services.log,
    now: services.now,
    emittedAt: new Date(),
  }
  return { sent, ctx }
}

const payloadOf = async (topic: string, id: string) => {
  const [row] = await database.lookup<{ payload: never }>(
    `select payload from outbox where topic = $1 and $2 in (payload ->> 'inviteId', payload ->> 'claimId')`,
    [topic, id],
  )
  return row!.payload
}

it('an invite is mailed in the language of the company, with the link that works, until it is dead', async () => {
  const company = await buildCompany({ locale: 'bg' })
  const unit = await buildUnit({ building: await buildBuilding({ complex: await buildComplex({ company }) }) })
  const person = await buildPerson({ company })
  const { invites } = as(company, 'director').property
  const { id, path } = await invites.create({ unitId: unit.id, kind: 'owner', personId: person.id, mail: true })
  const payload = await payloadOf('invites.mail_requested', id)
  const { sent, ctx } = createJob()
  expect(await mailInvite(ctx, payload)).toBe('done')
  expect(sent).toHaveLength(1)
  expect(sent[0]).toMatchObject({ to: person.email })
  expect(sent[0]!.subject).toContain(company.name)
  expect(sent[0]!.text).toContain('Приемете поканата')
  const [, token] = /https:\/\/homes\.example\/invite#(\S+)/.exec(sent[0]!.text)!
  expect(`/invite#${token}`).toBe(path)
  expect(await anonymous().property.invites.preview({ token: token! })).toMatchObject({ unit: unit.number })
  await invites.revoke({ id })
  expect(await mailInvite(ctx, payload)).toBe('skipped')
  expect(sent).toHaveLength(1)
})

it('a claimant is told of the decision in their own language, and nothing before', async () => {
  const company = await buildCompany()
  const complex = await buildComplex({ company })
  const unit = await buildUnit({ building: await buildBuilding({ complex }) })
  const user = await buildUser({ locale: 'ru' })
  const [first, second] = [
    await buildClaim({ complex, userId: user.id }),
    await buildClaim({ complex: await buildComplex({ company }), userId: user.id }),
  ]
  const { claims } = as(company, 'director').property
  const { sent, ctx } = createJob()
  expect(await mailDecision(ctx, { companyId: company.id, claimId: first.id })).toBe('skipped')
  await claims.approve({ id: first.id, unitId: unit.id, kind: 'tenant' })
  await claims.decline({ id: second.id, note: 'Нужен договор' })
  for (const { id } of [first, second])
    expect(await mailDecision(ctx, await payloadOf('claims.decided', id))).toBe('done')
  expect(sent.map(({ to }) => to)).toEqual([user.email, user.email])
  expect(sent[0]!.text).toContain(`№ ${unit.number}`)
  expect(sent[1]!.text).toContain('Нужен договор')
})
