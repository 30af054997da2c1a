import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { derive, type KeyRing } from '@servai/auth/key-ring'

/** Rows of no company, such as a sign-in that failed, are sealed in the platform's chain. */
export const PLATFORM_CHAIN = '00000000-0000-0000-0000-000000000000'

/** What a seal tells apart when it says what of a row is not as it was. */
export const PARTS = ['who', 'what', 'before', 'after'] as const
export type Part = (typeof PARTS)[number]
const PART_BYTES = 16

/** A row of the audit log, every value as the text that PostgreSQL gives it, time in milliseconds. */
export type AuditRecord = {
  id: number
  atMs: number
  who: readonly (string | null)[]
  what: readonly (string | null)[]
  before: string | null
  after: string | null
}

export type Link = {
  chain: string
  seq: number
  auditId: number
  atMs: number
  sealedAtMs: number
  kid: string
  parts: Buffer
}

/** Where a chain begins since its oldest months were dropped: after link `seq`, whose hash was `hash`. */
export type Beginning = { chain: string; seq: number; hash: Buffer | null; rowsSinceMs: number; kid: string }

/** The hash before the first link of a chain. */
export const NOTHING_BEFORE = Buffer.alloc(32)

type Keys = { row: KeyObject; link: KeyObject; beginning: KeyObject }

export type Sealer = {
  kid: string
  /** @throws UnknownKeyError */
  partsOf(kid: string, chain: string, record: AuditRecord): Buffer
  /** @throws UnknownKeyError */
  hashOf(link: Link, previous: Buffer): Buffer
  /** @throws UnknownKeyError */
  macOf(beginning: Beginning): Buffer
}

export class UnknownKeyError extends Error {
  override name = 'UnknownKeyError'
}

/** Seals under the current key of AUDIT_KEYS and reads under each of them. */
export const createSealer = ({ current, byKid }: KeyRing): Sealer => {
  const derived = new Map<string, Keys>()
  const keysOf = (kid: string): Keys => {
    const known = derived.get(kid)
    if (known) return known
    const secret = byKid.get(kid)
    if (!secret) throw new UnknownKeyError(`AUDIT_KEYS has no key "${kid}"`)
    // As an object: from bytes, each HMAC would cost four times as much.
    const key = (purpose: string) => createSecretKey(derive(secret, `audit/${purpose}`))
    const keys = { row: key('row'), link: key('link'), beginning: key('beginning') }
    derived.set(kid, keys)
    return keys
  }
  const mac = (key: KeyObject, values: readonly unknown[], ...more: Buffer[]) => {
    // JSON tells null from "null" and where one value ends.
    const hmac = createHmac('sha256', key).update(JSON.stringify(values))
    for (const bytes of more) hmac.update(bytes)
    return hmac.digest()
  }

  return {
    kid: current.kid,
    partsOf: (kid, chain, { id, atMs, ...values }) => {
      const { row } = keysOf(kid)
      return Buffer.concat(PARTS.map((part) => mac(row, [part, chain, id, atMs, values[part]]).subarray(0, PART_BYTES)))
    },
    hashOf: ({ chain, seq, auditId, atMs, sealedAtMs, kid, parts }, previous) =>
      mac(keysOf(kid).link, [chain, seq, auditId, atMs, sealedAtMs, kid], previous, parts),
    macOf: ({ chain, seq, hash, rowsSinceMs, kid }) =>
      mac(keysOf(kid).beginning, [chain, seq, rowsSinceMs, kid], hash ?? NOTHING_BEFORE),
  }
}

/** The parts in which two seals of a row differ. */
export const differing = (one: Buffer, other: Buffer): Part[] =>
  PARTS.filter((_, at) => {
    const slice = (parts: Buffer) => parts.subarray(at * PART_BYTES, (at + 1) * PART_BYTES)
    return !slice(one).equals(slice(other))
  })
