import { createHmac, randomBytes } from 'node:crypto'
import { hash as argon2Hash, parseOptions, verify as argon2Verify } from '@node-rs/argon2'
import { createHashLanes, type HashLane, type HashLaneMetrics } from './hash-lanes.ts'
import type { KeyRing } from './key-ring.ts'
import { MAX_PASSWORD_BYTES } from './password-policy.ts'

export interface PasswordHasherOptions {
  memoryKiB: number
  timeCost: number
  /** Hashes computed at a time, all lanes together. */
  lanes: number
  /** Longest wait for a free slot; also bounds the queue. Default 0.3. */
  queueSeconds?: number
  /** Mixed in before hashing, so that a stolen table alone cannot be attacked; `null` for none. */
  pepper: KeyRing | null
  metrics?: HashLaneMetrics
}

export interface PasswordHasher {
  /** @throws HashBusyError, RangeError over 1024 bytes */
  hash(lane: HashLane, password: string): Promise<string>
  /**
   * Does the work of one hash whatever `stored` is, null included, so that time tells nothing about an account.
   * `needsRehash`: the password is right and its hash is not by the current parameters or pepper.
   * @throws HashBusyError, RangeError over 1024 bytes
   */
  verify(lane: HashLane, stored: string | null, password: string): Promise<{ ok: boolean; needsRehash: boolean }>
}

// Algorithm.Argon2id of the library is a const enum, which isolated modules cannot read.
const ARGON2ID = 2
const PEPPERED = /^p1\$([A-Za-z0-9_-]{1,32})\$(\$argon2.+)$/

const readStored = (stored: string): { kid: string | null; encoded: string } => {
  const [, kid, encoded] = PEPPERED.exec(stored) ?? []
  return kid && encoded ? { kid, encoded } : { kid: null, encoded: stored }
}

const normalize = (password: string): string => {
  const text = password.normalize('NFC')
  if (Buffer.byteLength(text) > MAX_PASSWORD_BYTES) {
    throw new RangeError(`a password has at most ${MAX_PASSWORD_BYTES} bytes`)
  }
  return text
}

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '')

/** argon2id, stored as a PHC string or, peppered, as `p1$kid$` before one. */
export const createPasswordHasher = (options: PasswordHasherOptions): PasswordHasher => {
  const { memoryKiB, timeCost, pepper } = options
  const lanes = createHashLanes({
    slots: options.lanes,
    queueSeconds: options.queueSeconds ?? 0.3,
    // 19 MiB twice over takes about 10 ms; the lanes then learn the true figure.
    expectedSeconds: (0.01 * memoryKiB * timeCost) / (19_456 * 2),
    metrics: options.metrics,
  })
  const parameters = { algorithm: ARGON2ID, memoryCost: memoryKiB, timeCost, parallelism: 1, outputLen: 32 }
  // Well-formed, by the current parameters, and the hash of nothing anybody knows.
  const dummy = `$argon2id$v=19$m=${memoryKiB},t=${timeCost},p=1$${unpadded(randomBytes(16))}$${unpadded(randomBytes(32))}`

  // As text, because the library refuses bytes that are not UTF-8.
  const season = (text: string, secret: Buffer | undefined): string =>
    secret ? createHmac('sha256', secret).update(text).digest('base64') : text

  const isCurrent = (kid: string | null, encoded: string): boolean => {
    const used = parseOptions(encoded)
    return (
      kid === (pepper?.current.kid ?? null) &&
      used.algorithm === parameters.algorithm &&
      used.memoryCost === parameters.memoryCost &&
      used.timeCost === parameters.timeCost &&
      used.parallelism === parameters.parallelism
    )
  }

  return {
    async hash(lane, password) {
      const seasoned = season(normalize(password), pepper?.current.secret)
      const encoded = await lanes.run(lane, () => argon2Hash(seasoned, parameters))
      return pepper ? `p1$${pepper.current.kid}$${encoded}` : encoded
    },

    async verify(lane, stored, password) {
      const text = normalize(password)
      const { kid, encoded } = readStored(stored ?? dummy)
      const secret = kid === null ? undefined : pepper?.byKid.get(kid)
      // A hash under a pepper that is gone can never match, and takes as long to find out.
      const target = kid === null || secret ? encoded : dummy
      const ok = await lanes.run(lane, () => argon2Verify(target, season(text, secret)))
      return { ok, needsRehash: ok && !isCurrent(kid, encoded) }
    },
  }
}
