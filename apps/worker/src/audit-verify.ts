// `node audit-verify.mjs [--company <id>] [--anchor <file>]...`: exit code 1 where the audit log is not as it was sealed.
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { createDatabase } from '@servai/db'
import { parseAnchors } from '@servai/db/audit/anchor'
import { createSealer, type Part } from '@servai/db/audit/links'
import { noteVerified, verifyAudit, type Fault, type FaultKind } from '@servai/db/audit/verify'
import { readEnv } from './env.ts'

const SENTENCES: Record<FaultKind, string> = {
  row_altered: 'was altered after it was sealed',
  row_missing: 'is missing',
  row_inserted: 'was not written when it says: it came past the sealer, or is older than rows sealed before it',
  seal_altered: 'has a seal that was altered, moved, or follows on one that was',
  seal_missing: 'the seal is missing, and what it sealed',
  end_missing: 'the end of the chain is missing or another one than it was',
  beginning_altered: 'the beginning of the chain was moved by somebody without the key',
  key_unknown: 'was sealed under a key that AUDIT_KEYS does not have',
}
const PARTS: Record<Part, string> = {
  who: 'who did it (actor, impersonator, key, session, request or address)',
  what: 'what was done (time, company, action, result or entity)',
  before: 'the old values',
  after: 'the new values',
}

const describe = ({ companyId, kind, auditId, at, seq, parts }: Fault) => {
  const chain = companyId === null ? 'platform' : `company ${companyId}`
  const place = [auditId === null ? null : `row ${auditId} of ${at}`, seq === null ? null : `seal #${seq}`]
  const named = place.filter((part) => part !== null).join(', ')
  const what = parts.length > 0 ? `; differs in ${parts.map((part) => PARTS[part]).join(' and ')}` : ''
  return `${chain}: ${named ? `${named}: ` : ''}${SENTENCES[kind]}${what}`
}

const main = async () => {
  const { values } = parseArgs({
    options: { company: { type: 'string' }, anchor: { type: 'string', multiple: true } },
  })
  const env = readEnv()
  const anchors = (await Promise.all((values.anchor ?? []).map((file) => readFile(file, 'utf8')))).flatMap(parseAnchors)
  if (values.anchor && anchors.length === 0) throw new Error('There is no anchor in that file.')
  const database = createDatabase({
    appUrl: env.DATABASE_URL,
    systemUrl: env.DATABASE_SYSTEM_URL,
    appMax: 1,
    systemMax: 1,
    acquireTimeoutMs: env.DATABASE_ACQUIRE_TIMEOUT_MS,
    connectTimeoutMs: env.DATABASE_CONNECT_TIMEOUT_MS,
    statementTimeoutMs: 60_000,
    lockTimeoutMs: env.DATABASE_LOCK_TIMEOUT_MS,
    idleInTransactionTimeoutMs: env.DATABASE_IDLE_IN_TRANSACTION_TIMEOUT_MS,
  })
  try {
    const began = performance.now()
    let told = 0
    const verdict = await verifyAudit(database, createSealer(env.AUDIT_KEYS), {
      companyId: values.company,
      anchors,
      onProgress: ({ rows }) => {
        if (rows - told < 100_000) return
        told = rows
        process.stderr.write(`  ${rows} rows\n`)
      },
    })
    if (values.company === undefined) await noteVerified(database, verdict)
    const { chains, rows, unsealed, oldestUnsealedAt, faults } = verdict
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    const waiting = unsealed === 0 ? 'none' : `${unsealed}, the oldest of ${oldestUnsealedAt}`
    process.stdout.write(`  ${rows} sealed rows in ${chains} chains, ${seconds} s\n  not sealed yet: ${waiting}\n`)
    if (anchors.length > 0) process.stdout.write(`  compared with ${anchors.length} anchors\n`)
    for (const fault of faults) process.stdout.write(`  ${describe(fault)}\n`)
    process.stdout.write(faults.length === 0 ? '  The audit log is as it was sealed.\n' : '')
    process.exitCode = faults.length === 0 ? 0 : 1
  } finally {
    await database.close()
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
})
