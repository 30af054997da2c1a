import { parseKeyRing } from '@servai/auth/key-ring'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditKey, openAuditStage } from '../../test/audit-stage.ts'
import { readAnchor } from './anchor.ts'
import { createSealer } from './links.ts'
import { createSealing } from './seal.ts'
import { verifyAudit } from './verify.ts'

let stage: Awaited<ReturnType<typeof openAuditStage>>
beforeAll(async () => {
  stage = await openAuditStage()
})
afterAll(() => stage.close())

/** Ten sealed rows of a company of its own, the one in the middle, and what verification says of them. */
const sealedChain = async () => {
  const company = await stage.addCompany()
  const ids = await stage.write(company, 10)
  await stage.seal()
  const verify = async () => {
    const { faults } = await verifyAudit(stage.database, stage.sealer, { companyId: company })
    return faults[0]
  }
  const seqOf = async (id: number) => {
    const [seal] = await stage.superuser<
      { seq: number }[]
    >`select seq::float8 as seq from audit_seals where audit_id = ${id}`
    return seal!.seq
  }
  expect(await verify()).toBeUndefined()
  return { company, ids, id: ids[4]!, next: ids[5]!, verify, seqOf }
}

describe('a superuser who goes past grants and triggers is found out:', () => {
  it.each([
    [`actor_id = gen_random_uuid()`, ['who']],
    [`impersonator_id = gen_random_uuid()`, ['who']],
    [`address = '203.0.113.9'`, ['who']],
    [`result = 'denied'`, ['what']],
    [`action = 'units.create', entity = null`, ['what']],
    [`company_id = gen_random_uuid()`, ['what']],
    [`company_id = null`, ['what']],
    [`before = '{"number": "one"}'`, ['before']],
    [`after = null`, ['after']],
    [`after = before, before = after`, ['before', 'after']],
    [`at = at + interval '1 millisecond'`, ['what']],
    [`at = at + interval '40 days'`, ['what']],
  ])('row altered by %s', async (change, parts) => {
    const { company, id, verify, seqOf } = await sealedChain()
    await stage.superuser.unsafe(`update audit_log set ${change} where id = ${id}`)
    expect(await verify()).toMatchObject({
      companyId: company,
      kind: 'row_altered',
      auditId: id,
      seq: await seqOf(id),
      parts,
    })
  })

  it('a row deleted', async () => {
    const { id, verify } = await sealedChain()
    const [row] = await stage.superuser<{ at: Date }[]>`delete from audit_log where id = ${id} returning at`
    expect(await verify()).toMatchObject({ kind: 'row_missing', auditId: id, at: row!.at.toISOString() })
  })

  it('two rows that changed places', async () => {
    const { id, next, verify } = await sealedChain()
    await stage.superuser.begin(async (tx) => {
      await tx`update audit_log set id = -1 where id = ${id}`
      await tx`update audit_log set id = ${id} where id = ${next}`
      await tx`update audit_log set id = ${next} where id = -1`
    })
    expect(await verify()).toMatchObject({ kind: 'row_altered', auditId: id })
  })

  it('a row inserted below what is settled', async () => {
    const { company, ids, verify } = await sealedChain()
    await stage.superuser`delete from audit_seals where audit_id = ${ids[4]!}`
    await stage.superuser`delete from audit_log where id = ${ids[4]!}`
    const other = await sealedChain()
    await stage.superuser`insert into audit_log (id, company_id, action) values (${ids[4]!}, ${other.company}, 'units.forged')`
    expect(await verify()).toMatchObject({ companyId: company, kind: 'seal_missing', seq: 6 })
    expect(await other.verify()).toMatchObject({ kind: 'row_inserted', auditId: ids[4]!, seq: null })
    await stage.seal()
    expect(await other.verify()).toMatchObject({ kind: 'row_inserted', auditId: ids[4]! })
  })

  it('a row that is written today and says it was yesterday, even where the sealer was made to take it', async () => {
    const { company, verify } = await sealedChain()
    const [forged] = await stage.superuser<{ id: number }[]>`
      insert into audit_log (company_id, at, action) values (${company}, now() - interval '1 day', 'units.forged') returning id::float8 as id`
    await stage.seal()
    expect(await verify()).toMatchObject({ kind: 'row_inserted', auditId: forged!.id })
  })

  it.each([
    `hash = sha256('forged')`,
    `parts = sha256('forged') || sha256('forged')`,
    `kid = 'a1', at = at - interval '200 days'`,
    `audit_id = audit_id + 1`,
  ])('a seal edited: %s', async (change) => {
    const { id, verify, seqOf } = await sealedChain()
    const seq = await seqOf(id)
    await stage.superuser.unsafe(`update audit_seals set ${change} where audit_id = ${id}`)
    expect(await verify()).toMatchObject({ kind: 'seal_altered', seq })
  })

  it('a seal under a key that nobody has', async () => {
    const { id, verify } = await sealedChain()
    await stage.superuser`update audit_seals set kid = 'nobody' where audit_id = ${id}`
    expect(await verify()).toMatchObject({ kind: 'key_unknown' })
  })

  it('a row and its seal deleted', async () => {
    const { id, verify, seqOf } = await sealedChain()
    const seq = await seqOf(id)
    await stage.superuser`delete from audit_seals where audit_id = ${id}`
    await stage.superuser`delete from audit_log where id = ${id}`
    expect(await verify()).toMatchObject({ kind: 'seal_missing', seq })
  })

  it('and the seals after it numbered anew', async () => {
    const { company, id, next, verify, seqOf } = await sealedChain()
    const seq = await seqOf(id)
    await stage.superuser`delete from audit_seals where audit_id = ${id}`
    await stage.superuser`delete from audit_log where id = ${id}`
    await stage.superuser`update audit_seals set seq = seq - 1 where chain = ${company} and seq > ${seq}`
    await stage.superuser`update audit_chains set seq = seq - 1 where chain = ${company}`
    expect(await verify()).toMatchObject({ kind: 'seal_altered', seq, auditId: next })
  })

  it('the end deleted with its seals, where the head still knows it', async () => {
    const { company, ids, verify } = await sealedChain()
    await stage.superuser`delete from audit_seals where chain = ${company} and audit_id >= ${ids[7]!}`
    expect(await verify()).toMatchObject({ kind: 'end_missing', seq: 9 })
  })

  it('and with the head put back, by an anchor', async () => {
    const { company, ids, verify } = await sealedChain()
    const anchor = await readAnchor(stage.database)
    await stage.superuser`delete from audit_seals where chain = ${company} and audit_id >= ${ids[7]!}`
    await stage.superuser`delete from audit_log where company_id = ${company} and id >= ${ids[7]!}`
    await stage.superuser`
      update audit_chains c set (seq, hash) = (select seq, hash from audit_seals where chain = ${company} order by seq desc limit 1)
      where chain = ${company}`
    expect(await verify()).toBeUndefined()
    const options = { companyId: company, anchors: [anchor] }
    expect((await verifyAudit(stage.database, stage.sealer, options)).faults).toMatchObject([
      { kind: 'end_missing', seq: 9 },
    ])
    // Written anew in its place, sealed by our own sealer: still not what the anchor knows.
    await stage.write(company, 5)
    await stage.seal()
    expect((await verifyAudit(stage.database, stage.sealer, options)).faults).toMatchObject([
      { kind: 'end_missing', seq: 11 },
    ])
  })

  it('a whole chain deleted, by an anchor', async () => {
    const { company } = await sealedChain()
    const anchors = [await readAnchor(stage.database)]
    for (const [table, column] of [
      ['audit_seals', 'chain'],
      ['audit_chains', 'chain'],
      ['audit_log', 'company_id'],
      ['companies', 'id'],
    ])
      await stage.superuser`delete from ${stage.superuser(table!)} where ${stage.superuser(column!)} = ${company}`
    const { faults } = await verifyAudit(stage.database, stage.sealer, { anchors })
    expect(faults).toContainEqual(expect.objectContaining({ companyId: company, kind: 'end_missing', seq: 1 }))
  })

  it('the beginning moved', async () => {
    const { company, ids, verify } = await sealedChain()
    await stage.superuser`
      update audit_chains set dropped_seq = 4, dropped_hash = (select hash from audit_seals where chain = ${company} and seq = 4), rows_since = now() - interval '1 hour'
      where chain = ${company}`
    await stage.superuser`delete from audit_seals where chain = ${company} and seq <= 4`
    await stage.superuser`delete from audit_log where id <= ${ids[2]!} and company_id = ${company}`
    expect(await verify()).toMatchObject({ kind: 'beginning_altered' })
    await stage.superuser`update audit_chains set dropped_kid = 'a1', dropped_mac = sha256('forged') where chain = ${company}`
    expect(await verify()).toMatchObject({ kind: 'beginning_altered' })
  })
})

it('names the first fault of each chain, and says what is not sealed yet', async () => {
  const own = await openAuditStage()
  try {
    const [one, other] = [await own.addCompany(), await own.addCompany()]
    const of = { one: await own.write(one, 6), other: await own.write(other, 6), platform: await own.write(null, 3) }
    await own.seal()
    expect(await verifyAudit(own.database, own.sealer)).toEqual({
      chains: 3,
      rows: 17,
      unsealed: 0,
      oldestUnsealedAt: null,
      faults: [],
    })
    await own.superuser`update audit_log set after = null where id in ${own.superuser([of.one[4]!, of.one[2]!, of.platform[1]!])}`
    const [pending] = await own.write(other, 2)
    const [row] = await own.superuser<{ at: Date }[]>`select at from audit_log where id = ${pending!}`
    const verdict = await verifyAudit(own.database, own.sealer)
    expect(verdict).toMatchObject({ unsealed: 2, oldestUnsealedAt: row!.at.toISOString() })
    expect(verdict.faults.map(({ companyId, auditId }) => [companyId, auditId])).toEqual([
      [null, of.platform[1]],
      [one, of.one[2]],
    ])
  } finally {
    await own.close()
  }
})

it('verifies old rows under the key they were sealed with, after the keys were rotated', async () => {
  const [first, second] = [auditKey('a1'), auditKey('a2')]
  const own = await openAuditStage(first)
  try {
    const company = await own.addCompany()
    const [old] = await own.write(company, 2)
    await own.seal()
    const rotated = createSealer(parseKeyRing(`${second},${first}`))
    const [young] = await own.write(company, 2)
    await createSealing(own.database, rotated).run()
    const kids = await own.superuser<
      { kid: string }[]
    >`select kid from audit_seals where audit_id in ${own.superuser([old!, young!])} order by seq`
    expect(kids.map(({ kid }) => kid)).toEqual(['a1', 'a2'])
    expect((await verifyAudit(own.database, rotated)).faults).toEqual([])
    expect((await verifyAudit(own.database, createSealer(parseKeyRing(second)))).faults).toMatchObject([
      { kind: 'key_unknown' },
    ])
    const stranger = createSealer(parseKeyRing(`${second},${auditKey('a1')}`))
    expect((await verifyAudit(own.database, stranger)).faults).toMatchObject([{ kind: 'seal_altered', seq: 1 }])
  } finally {
    await own.close()
  }
})
