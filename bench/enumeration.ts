import postgres from 'postgres'
import { addressOf } from './http.ts'

/** Two kinds of addresses whose answers must not be told apart by their time (SECURITY A2). */
export type Comparison = {
  name: string
  samples: number
  /** Medians. */
  firstMs: number
  secondMs: number
  /** Two-sided Mann-Whitney: chance of such ranks where both kinds take the same time. */
  p: number
  tellsNothing: boolean
}

type Kind = { name: string; email(number: number): string }
type Attempt = { path: string; status: number; body(email: string): object }

const resident = (number: number) => `resident${number}@large.servai.example`
const stranger: Kind = { name: 'unknown', email: (number) => `stranger${Date.now()}-${number}@large.servai.example` }
/** Each address is asked once: a second try would meet a limit. */
const knownFrom = (name: string, start: number): Kind => ({ name, email: (number) => resident(start + number) })

const FIRST_DISABLED = 70_000

const LOGIN: Attempt = { path: 'auth.login', status: 401, body: (email) => ({ email, password: 'not the password' }) }
const RESET: Attempt = { path: 'reset.request', status: 200, body: (email) => ({ email }) }
const REGISTER: Attempt = {
  path: 'auth.register',
  status: 200,
  body: (email) => ({ email, password: 'plum trees over the old river', firstName: 'Ana', lastName: 'Koleva' }),
}

const PAIRS: { what: string; attempt: Attempt; kinds: [Kind, Kind] }[] = [
  { what: 'sign-in', attempt: LOGIN, kinds: [stranger, knownFrom('wrong password', 60_000)] },
  { what: 'sign-in', attempt: LOGIN, kinds: [stranger, knownFrom('disabled', FIRST_DISABLED)] },
  { what: 'reset', attempt: RESET, kinds: [stranger, knownFrom('known', 61_000)] },
  { what: 'registration', attempt: REGISTER, kinds: [stranger, knownFrom('taken', 62_000)] },
]

const WARM_UP = 20
/** The larger of 5 ms and a tenth, and a p above 0.01. */
const TOLERANCE = { ms: 5, share: 0.1, p: 0.01 }

let requests = 1_000_000

const timeOf = async (port: number, { path, status, body }: Attempt, email: string) => {
  const startedAt = performance.now()
  const response = await fetch(`http://127.0.0.1:${port}/trpc/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': addressOf(++requests) },
    body: JSON.stringify(body(email)),
  })
  await response.arrayBuffer()
  if (response.status !== status) throw new Error(`${path}: ${status} was expected, not ${response.status}`)
  return performance.now() - startedAt
}

export const median = (values: readonly number[]) => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Abramowitz and Stegun 7.1.26; wrong by less than 1.5e-7. */
const erf = (x: number) => {
  const t = 1 / (1 + 0.3275911 * Math.abs(x))
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  return Math.sign(x) * (1 - tail * Math.exp(-x * x))
}

/** By the normal approximation, good from about twenty samples of each kind. */
export const mannWhitney = (first: readonly number[], second: readonly number[]): number => {
  const [m, n] = [first.length, second.length]
  let u = 0
  for (const a of first) for (const b of second) u += a > b ? 1 : a === b ? 0.5 : 0
  const z = (u - (m * n) / 2) / Math.sqrt((m * n * (m + n + 1)) / 12)
  return 1 - erf(Math.abs(z) / Math.SQRT2)
}

const compare = async (port: number, { what, attempt, kinds }: (typeof PAIRS)[number], samples: number) => {
  const taken: [number[], number[]] = [[], []]
  for (let number = 0; number < samples + WARM_UP; number++)
    // Which comes first alternates, so that nothing falls to one kind alone.
    for (const kind of number % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const ms = await timeOf(port, attempt, kinds[kind].email(number))
      if (number >= WARM_UP) taken[kind].push(ms)
    }
  const [firstMs, secondMs] = [median(taken[0]), median(taken[1])]
  const p = mannWhitney(...taken)
  const isClose = Math.abs(firstMs - secondMs) < Math.max(TOLERANCE.ms, TOLERANCE.share * firstMs)
  const name = `${what}: ${kinds[0].name} and ${kinds[1].name}`
  return { name, samples, firstMs, secondMs, p, tellsNothing: isClose && p > TOLERANCE.p } satisfies Comparison
}

const disable = async (systemUrl: string, samples: number, status: 'disabled' | 'active') => {
  const sql = postgres(systemUrl, { max: 1 })
  const emails = Array.from({ length: samples + WARM_UP }, (_, number) => resident(FIRST_DISABLED + number))
  await sql`update users set status = ${status} where email_key in ${sql(emails)}`
  await sql.end()
}

/** Whether the time of an answer tells who has an account: `samples` of each kind, one after the other. */
export const timeAnswers = async (port: number, systemUrl: string, samples: number): Promise<Comparison[]> => {
  await disable(systemUrl, samples, 'disabled')
  try {
    const comparisons = []
    for (const pair of PAIRS) comparisons.push(await compare(port, pair, samples))
    return comparisons
  } finally {
    await disable(systemUrl, samples, 'active')
  }
}

export const inWords = ({ name, samples, firstMs, secondMs, p, tellsNothing }: Comparison) =>
  `${name}: ${firstMs.toFixed(2)} and ${secondMs.toFixed(2)} ms (medians of ${samples}), p = ${p.toFixed(3)}: ${tellsNothing ? 'tells nothing' : 'TELLS THEM APART'}`
