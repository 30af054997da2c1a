const SECRET_KEYS = new Set([
  'password',
  'newpassword',
  'currentpassword',
  'oldpassword',
  'passwordhash',
  'token',
  'accesstoken',
  'refreshtoken',
  'tokenhash',
  'challengetoken',
  'recoverycode',
  'recoverycodes',
  'codehash',
  'proof',
  'authorization',
  'proxyauthorization',
  'cookie',
  'cookies',
  'setcookie',
  'secret',
  'secrets',
  'clientsecret',
  'apikey',
  'resendapikey',
  'pepper',
  'pass',
  'nonce',
  'initdata',
])
const EMAIL_KEYS = new Set(['email', 'newemail'])
const CENSOR = '[redacted]'
const MAX_DEPTH = 8

const canonicalKey = (key: string) => key.replace(/[-_]/g, '').toLowerCase()

/** `anna@example.com` becomes `a***@example.com`; anything that is no address becomes `***`. */
export const maskEmail = (address: string): string => {
  const at = address.lastIndexOf('@')
  return at < 1 || at === address.length - 1 ? '***' : `${address.slice(0, 1)}***${address.slice(at)}`
}

/** Every part is bounded, so that a long text without an address costs linear time. */
const ADDRESS = /[\p{L}\p{N}_.+-]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24}(?![\p{L}\p{N}])/gu

/** Removes what can hide inside free text: bearer values, JWTs, tokens of links, passwords of URLs; masks addresses. */
export const scrubText = (text: string): string => {
  const scrubbed = text
    .replace(/\b(bearer\s+)[\w.~+/=-]+/gi, `$1${CENSOR}`)
    .replace(/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, CENSOR)
    .replace(/\b(servai_[0-9A-Za-z]{8}_)[0-9A-Za-z_]{8,}/g, `$1${CENSOR}`)
    .replace(/([#?&]token=)[^\s&"']+/gi, `$1${CENSOR}`)
  // Most texts are ids and routes, and the two patterns below are the dear ones.
  if (!scrubbed.includes('@')) return scrubbed
  return scrubbed.replace(/(:\/\/[^\s:@/]*:)[^\s@/]+@/g, `$1${CENSOR}@`).replace(ADDRESS, maskEmail)
}

/** Drizzle and PostgreSQL put bound values into `message`, `params`, `detail` and `where`; none of them may be logged. */
const describeError = (error: Error, depth: number): Record<string, unknown> => {
  const fields: Record<string, unknown> = { type: error.name, message: messageOf(error) }
  if (error.stack) fields.stack = scrubText(error.stack.replace(error.message, messageOf(error)))
  for (const key of ['code', 'reason', 'constraint_name', 'table_name', 'severity', 'syscall', 'statusCode'] as const) {
    const value = (error as unknown as Record<string, unknown>)[key] // an Error is a plain object here: unknown keys read as undefined
    if (typeof value === 'string' || typeof value === 'number') fields[key] = value
  }
  if (error.cause !== undefined && depth < MAX_DEPTH) fields.cause = redact(error.cause, depth + 1)
  if (error instanceof AggregateError) fields.errors = error.errors.map((each) => redact(each, depth + 1))
  return fields
}

/** The message of an error without the values a query was bound to. */
export const messageOf = (error: Error): string =>
  'query' in error && 'params' in error && typeof error.query === 'string'
    ? `Failed query: ${error.query}`
    : scrubText(error.message)

/** A copy of `value` that is safe to log: secrets censored and addresses masked by key at any depth, errors reduced to what helps. */
export const redact = (value: unknown, depth = 0): unknown => {
  if (typeof value === 'string') return scrubText(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return describeError(value, depth)
  if (value instanceof Date) return value
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (depth >= MAX_DEPTH) return '[deeper]'
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1))
  const copy: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) copy[key] = redactField(key, item, depth)
  return copy
}

const redactField = (key: string, item: unknown, depth: number): unknown => {
  const canonical = canonicalKey(key)
  if (SECRET_KEYS.has(canonical) && item !== undefined && item !== null) return CENSOR
  if (EMAIL_KEYS.has(canonical) && typeof item === 'string') return maskEmail(item)
  return redact(item, depth + 1)
}

/** `redact` for the merging object of one log line. */
export const redactFields = (fields: object): Record<string, unknown> => redact(fields) as Record<string, unknown> // an object that is no error, date or buffer comes back as a plain copy
