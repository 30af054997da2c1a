import { sql } from 'drizzle-orm'
import type { Database } from '../index.ts'
import type { Anchor } from './anchor.ts'
import {
  differing,
  NOTHING_BEFORE,
  PLATFORM_CHAIN,
  UnknownKeyError,
  type Beginning,
  type Part,
  type Sealer,
} from './links.ts'
import { readRecord, RECORD_COLUMNS, type RecordColumns } from './records.ts'

type Access = Pick<Database, 'lookup'>

export type FaultKind =
  /** The row is not what was sealed; `parts` says in what. */
  | 'row_altered'
  | 'row_missing'
  /** The row was written past the sealer, or claims to be older than it is. */
  | 'row_inserted'
  | 'seal_altered'
  | 'seal_missing'
  /** The chain ends before, or otherwise than, its head or an anchor says. */
  | 'end_missing'
  | 'beginning_altered'
  | 'key_unknown'

export type Fault = {
  /** A company's id, null for the platform's chain. */
  companyId: string | null
  kind: FaultKind
  /** Of the row, where one is known. */
  auditId: number | null
  at: string | null
  seq: number | null
  parts: readonly Part[]
}

export type Verdict = {
  chains: number
  rows: number
  /** Not sealed yet, as is right for those of the last seconds. */
  unsealed: number
  oldestUnsealedAt: string | null
  /** The first of each chain. */
  faults: Fault[]
}

export type VerifyOptions = {
  /** Only this company's chain. */
  companyId?: string | undefined
  anchors?: readonly Anchor[]
  /** After each batch; what it throws ends the verification. */
  onProgress?: (progress: { chain: string; rows: number }) => unknown
}

const BATCH = 5_000
/** A transaction of ours takes no longer; a row that lies further behind its neighbours was not written when it says. */
const LATEST_COMMIT_MS = 3_600_000

type SealRow = Omit<RecordColumns, 'id' | 'atMs'> & {
  seq: number
  auditId: number
  sealAtMs: number
  sealedAtMs: number
  kid: string
  parts: Buffer
  hash: Buffer
  /** Null where no row has this number and this time. */
  id: number | null
  atMs: number | null
}

const LINKS = `
  select s.seq::float8 as seq, s.audit_id::float8 as "auditId", (extract(epoch from s.at) * 1000)::float8 as "sealAtMs",
    (extract(epoch from s.sealed_at) * 1000)::float8 as "sealedAtMs", s.kid, s.parts, s.hash, ${RECORD_COLUMNS}
  from (select * from audit_seals where chain = $1::uuid and seq > $2::bigint order by seq limit ${BATCH}) s
  left join audit_log a on a.id = s.audit_id and a.at = s.at
  order by s.seq`

type ChainRow = {
  seq: number
  hash: Buffer
  droppedSeq: number
  droppedHash: Buffer | null
  rowsSinceMs: number | null
  droppedKid: string | null
  droppedMac: Buffer | null
}

const CHAIN = `
  select seq::float8 as seq, hash, dropped_seq::float8 as "droppedSeq", dropped_hash as "droppedHash",
    (extract(epoch from rows_since) * 1000)::float8 as "rowsSinceMs", dropped_kid as "droppedKid", dropped_mac as "droppedMac"
  from audit_chains where chain = $1::uuid`

const at = (ms: number) => new Date(ms).toISOString()

/** Reads every chain from where it begins and compares each row with its seal. */
export const verifyAudit = async (
  database: Access,
  sealer: Sealer,
  { companyId, anchors = [], onProgress }: VerifyOptions = {},
): Promise<Verdict> => {
  const chains = companyId === undefined ? await readChains(database, anchors) : [companyId]
  const faults = new Map<string, Fault>()
  let rows = 0
  for (const chain of chains) {
    const outcome = await verifyChain(database, sealer, chain, anchors, (checked) =>
      onProgress?.({ chain, rows: rows + checked }),
    )
    rows += outcome.rows
    if (outcome.fault) faults.set(chain, outcome.fault)
  }
  const { pending, oldestAtMs, inserted } = await findUnsealed(database, companyId)
  for (const fault of inserted) {
    const chain = fault.companyId ?? PLATFORM_CHAIN
    if (!faults.has(chain)) faults.set(chain, fault)
  }
  return {
    chains: chains.length,
    rows,
    unsealed: pending,
    oldestUnsealedAt: oldestAtMs === null ? null : at(oldestAtMs),
    faults: [...faults.values()],
  }
}

const readChains = async (database: Access, anchors: readonly Anchor[]) => {
  const known = await database.lookup<{ chain: string }>(
    `select chain from audit_chains union select id from companies union select '${PLATFORM_CHAIN}'::uuid order by 1`,
    [],
  )
  const anchored = anchors.flatMap(({ heads }) => heads.map(([chain]) => chain))
  return [...new Set([...known.map(({ chain }) => chain), ...anchored])]
}

const verifyChain = async (
  database: Access,
  sealer: Sealer,
  chain: string,
  anchors: readonly Anchor[],
  onProgress: (rows: number) => unknown,
): Promise<{ rows: number; fault: Fault | null }> => {
  const companyId = chain === PLATFORM_CHAIN ? null : chain
  const readHead = async () => (await database.lookup<ChainRow>(CHAIN, [chain]))[0]
  const faultOf = (kind: FaultKind, seq: number | null, row?: SealRow, parts: readonly Part[] = []): Fault => ({
    companyId,
    kind,
    seq,
    auditId: row?.auditId ?? null,
    at: row ? at(row.sealAtMs) : null,
    parts,
  })

  const head = await readHead()
  const anchored = new Map<number, string>()
  for (const { heads } of anchors) for (const [of, seq, hash] of heads) if (of === chain) anchored.set(seq, hash)
  const beginning = head && beginningOf(chain, head)
  let rows = 0
  try {
    if (beginning && !sealer.macOf(beginning).equals(head.droppedMac ?? NOTHING_BEFORE))
      return { rows, fault: faultOf('beginning_altered', head.droppedSeq) }
    if (head && !beginning && head.droppedSeq > 0) return { rows, fault: faultOf('beginning_altered', head.droppedSeq) }

    let seq = head?.droppedSeq ?? 0
    let previous = head?.droppedHash ?? NOTHING_BEFORE
    let newestMs = 0
    for (;;) {
      const links = await database.lookup<SealRow>(LINKS, [chain, seq])
      for (const row of links) {
        if (row.seq !== seq + 1)
          return settle(row.seq > seq + 1 ? faultOf('seal_missing', seq + 1) : faultOf('seal_altered', row.seq, row))
        const { auditId, sealAtMs, sealedAtMs, kid, parts, hash } = row
        const link = { chain, seq: row.seq, auditId, atMs: sealAtMs, sealedAtMs, kid, parts }
        if (!sealer.hashOf(link, previous).equals(hash)) return settle(faultOf('seal_altered', row.seq, row))
        if (anchored.has(row.seq) && anchored.get(row.seq) !== hash.toString('hex'))
          return settle(faultOf('end_missing', row.seq, row))
        const isDropped = beginning !== undefined && sealAtMs < beginning.rowsSinceMs
        if (!isDropped) {
          const fault = await compare(row)
          if (fault) return settle(fault)
        }
        seq = row.seq
        previous = hash
        rows++
      }
      await onProgress(rows)
      if (links.length < BATCH) break
    }
    const lastAnchored = Math.max(0, ...anchored.keys())
    const now = await readHead()
    const isWhole = now ? now.seq >= seq && (now.seq > seq || now.hash.equals(previous)) : seq === 0
    if (!isWhole || (head && head.seq > seq) || lastAnchored > seq) return settle(faultOf('end_missing', seq + 1))
    return { rows, fault: null }

    async function compare(row: SealRow): Promise<Fault | null> {
      if (!isFound(row)) {
        const [moved] = await database.lookup('select from audit_log where id = $1::bigint', [row.auditId])
        return moved ? faultOf('row_altered', row.seq, row, ['what']) : faultOf('row_missing', row.seq, row)
      }
      const differs = differing(row.parts, sealer.partsOf(row.kid, chain, readRecord(row)))
      if (differs.length > 0) return faultOf('row_altered', row.seq, row, differs)
      if (row.sealAtMs < newestMs - LATEST_COMMIT_MS) return faultOf('row_inserted', row.seq, row)
      newestMs = Math.max(newestMs, row.sealAtMs)
      return null
    }
  } catch (error) {
    if (error instanceof UnknownKeyError) return settle(faultOf('key_unknown', null))
    throw error
  }

  /** Months may have been dropped while we read: then the chain is read again from its new beginning. */
  async function settle(fault: Fault) {
    const now = await readHead()
    const hasMoved = now && now.droppedSeq > (head?.droppedSeq ?? 0)
    return hasMoved ? verifyChain(database, sealer, chain, anchors, onProgress) : { rows, fault }
  }
}

const beginningOf = (chain: string, head: ChainRow): Beginning | undefined => {
  const { droppedSeq: seq, droppedHash: hash, rowsSinceMs, droppedKid: kid } = head
  return rowsSinceMs === null || kid === null ? undefined : { chain, seq, hash, rowsSinceMs, kid }
}

const isFound = (row: SealRow): row is SealRow & RecordColumns => row.id !== null && row.atMs !== null

type Unsealed = { id: number; atMs: number; companyId: string | null; isSettled: boolean }
const STEP = 50_000

/** Rows without a seal: those of the last seconds wait for it, others came past the sealer. */
const findUnsealed = async (database: Access, companyId: string | undefined) => {
  const inserted: Fault[] = []
  let pending = 0
  let oldestAtMs: number | null = null
  let from = 0
  for (;;) {
    const [step] = await database.lookup<{ id: number | null }>(
      `select max(id)::float8 as id from (select id from audit_log where id > $1::bigint order by id limit ${STEP}) step`,
      [from],
    )
    if (!step || step.id === null) break
    const unsealed = await database.lookup<Unsealed>(
      `select a.id::float8 as id, (extract(epoch from a.at) * 1000)::float8 as "atMs", a.company_id as "companyId", a.id <= p.settled_id as "isSettled"
       from audit_log a cross join audit_sealing p
       where a.id > $1::bigint and a.id <= $2::bigint and ($3::uuid is null or a.company_id = $3::uuid)
         and not exists (select from audit_seals s where s.audit_id = a.id and s.at = a.at and s.audit_id > $1::bigint and s.audit_id <= $2::bigint)
       order by a.id`,
      [from, step.id, companyId ?? null],
    )
    for (const row of unsealed) {
      if (row.isSettled) {
        inserted.push({
          companyId: row.companyId,
          kind: 'row_inserted',
          auditId: row.id,
          at: at(row.atMs),
          seq: null,
          parts: [],
        })
        continue
      }
      pending++
      oldestAtMs = Math.min(oldestAtMs ?? row.atMs, row.atMs)
    }
    from = step.id
  }
  return { pending, oldestAtMs, inserted }
}

/** For the metrics: when the whole log was last verified, and how many chains were faulty. */
export const noteVerified = (database: Pick<Database, 'system'>, { rows, faults }: Verdict) =>
  database.system({}, 'write', (db) =>
    db.execute(
      sql`update audit_sealing set verified_at = now(), verified_rows = ${rows}, verified_faults = ${faults.length}`,
    ),
  )

/** What the last verification of the whole log found; null before the first. */
export const readVerified = async (database: Access) => {
  const [row] = await database.lookup<{ ageSeconds: number | null; faults: number | null }>(
    `select extract(epoch from now() - verified_at)::float8 as "ageSeconds", verified_faults as faults from audit_sealing`,
    [],
  )
  return row!.ageSeconds === null ? null : { ageSeconds: row!.ageSeconds, faults: row!.faults ?? 0 }
}
