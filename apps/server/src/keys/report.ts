import type { KeyRing } from '@servai/auth/key-ring'
import type { CountedRing, KeyUsage } from '@servai/db/key-usage'

export const RINGS = [
  'JWT_KEYS',
  'REFRESH_KEYS',
  'TOKEN_KEYS',
  'FACTOR_KEYS',
  'PASSWORD_PEPPER_KEYS',
  'AUDIT_KEYS',
] as const
export type RingName = (typeof RINGS)[number]

type Words = {
  /** What is under its keys. */
  what: string
  /** Why an older key is still needed while there are rows. */
  needed: (usage: KeyUsage) => string
  /** What is wrong where the key of rows is not in the ring. */
  missing: string
}

const untilEnd = ({ lastEndsAt }: KeyUsage) =>
  lastEndsAt ? `needed until ${lastEndsAt.toISOString().slice(0, 16)}Z` : 'needed'

const WORDS: Record<CountedRing, Words> = {
  REFRESH_KEYS: { what: 'sessions', needed: untilEnd, missing: 'these people have to sign in again' },
  TOKEN_KEYS: {
    what: 'links of mails and invites',
    needed: untilEnd,
    missing: 'these links work where they have arrived, and cannot be sent or shown again',
  },
  FACTOR_KEYS: {
    what: 'authenticator apps',
    needed: () => 'needed: move them with "keys reencrypt"',
    missing: 'these codes cannot be checked: put the key back',
  },
  PASSWORD_PEPPER_KEYS: {
    what: 'passwords',
    needed: () => 'needed until each of these has signed in, or reset the password',
    missing: 'these passwords cannot match: put the key back, or they have to be reset by mail',
  },
  AUDIT_KEYS: {
    what: 'seals of the audit log',
    needed: () => 'needed as long as these seals are kept',
    missing: 'these seals cannot be verified: put the key back',
  },
}

const JWT_ADVICE = 'can be dropped 30 minutes after every server has another key in front'

/** Older than any release that has a ring of peppers. */
const withoutKey = ({ kid, rows }: KeyUsage, what: string) =>
  kid === null && rows > 0 ? [`  -  ${rows} ${what} without a key`] : []

const lineOf = (kid: string, ...words: string[]) => `  ${kid}  ${words.filter(Boolean).join(', ')}`

export type RingReport = { lines: string[]; /** Rows whose key is not in the ring. */ orphans: number }

/** What becomes of each key of a ring, and of each that rows are under. NULL: the ring is not known to this process. */
export const reportRing = (name: RingName, ring: KeyRing | null, usage: readonly KeyUsage[]): RingReport => {
  if (name === 'JWT_KEYS')
    return {
      lines: [...(ring?.byKid.keys() ?? [])].map((kid) =>
        lineOf(kid, ...(kid === ring?.current.kid ? ['signs'] : ['verifies', JWT_ADVICE])),
      ),
      orphans: 0,
    }
  const { what, needed, missing } = WORDS[name]
  const lines: string[] = []
  let orphans = 0
  for (const kid of ring?.byKid.keys() ?? []) {
    const found = usage.find((each) => each.kid === kid)
    const rows = found?.rows ?? 0
    const advice = kid === ring?.current.kid ? 'signs' : found ? needed(found) : 'can be dropped'
    lines.push(lineOf(kid, advice, `${rows} ${what}`))
  }
  for (const each of usage) {
    lines.push(...withoutKey(each, what))
    if (each.kid === null || ring?.byKid.has(each.kid)) continue
    lines.push(lineOf(each.kid, ring ? `NOT IN THE RING: ${missing}` : 'in use', `${each.rows} ${what}`))
    if (ring) orphans += each.rows
  }
  return { lines, orphans }
}
