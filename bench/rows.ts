import { encodeCursor } from '@servai/api/page'
import { DEMO_PASSWORD } from '@servai/db/seed/demo-accounts'
import { signTokens, unitsOf, type Keys, type Prepared } from './database.ts'
import { addressOf, trpcQuery, wire } from './http.ts'
import type { Job } from './load.ts'

export type Side = 'servai' | 'floor' | 'floorCached'
export type Work = Job['work']

export type Row = {
  name: string
  /** What each side is asked; the no-op has a server of its own. */
  sides: Partial<Record<Side, Work | (() => Promise<Work>)>>
  server?: 'no-op'
  /** Least ratio to that side. */
  target?: { to: 'floor' | 'floorCached'; ratio: number }
  /** Another row whose rate this one may not fall behind. */
  asFastAs?: string
}

const PAGE = 50
const FIRST_PAGE = '50 of 50,000 units, page 1'
/** First row of page 1,000 of the big company. */
const DEEP = PAGE * 999

const replay = (requests: string[]): Work => ({ kind: 'replay', requests })
const numbers = (count: number) => Array.from({ length: count }, (_, number) => number)

export const buildRows = async (prepared: Prepared, keys: Keys, issuer: string): Promise<Row[]> => {
  const { big, middle, urls, floorUrl } = prepared
  const [tokens, middleTokens] = await Promise.all([
    signTokens(big.sessions, keys, issuer),
    signTokens(middle.sessions, keys, issuer),
  ])
  const [last] = await unitsOf(floorUrl, big.companyId, { offset: DEEP - 1, limit: 1 })
  const cursor = encodeCursor({ value: last!.key, id: last!.id })
  const deepQuery = `&after=${encodeURIComponent(last!.key)}&id=${last!.id}`

  const all = (list: string[], path: string) => replay(list.map((token) => wire({ path, token })))
  const lists = (list: string[], input: object, query: string) => ({
    servai: all(list, trpcQuery('property.units.list', { limit: PAGE, sort: 'number', ...input })),
    floor: all(list, `/units?limit=${PAGE}${query}`),
    floorCached: all(list, `/units?limit=${PAGE}${query}`),
  })
  /** Asked anew each time, because each time the units have new versions. */
  const changes = (url: string, isProduct: boolean) => async (): Promise<Work> => ({
    kind: 'update',
    units: await unitsOf(url, big.companyId, { offset: 0, limit: 20_000 }),
    tokens,
    isProduct,
  })

  return [
    {
      name: '/health',
      sides: { servai: replay([wire({ path: '/health' })]), floor: replay([wire({ path: '/health' })]) },
      target: { to: 'floor', ratio: 0.6 },
    },
    {
      name: 'no-op tRPC call (floor: /health)',
      server: 'no-op',
      sides: {
        servai: replay(numbers(5000).map((number) => wire({ path: '/trpc/ping', address: addressOf(number) }))),
        floor: replay([wire({ path: '/health' })]),
      },
      target: { to: 'floor', ratio: 0.25 },
    },
    {
      name: 'auth.me',
      sides: { servai: all(tokens, trpcQuery('auth.me')), floor: all(tokens, '/me'), floorCached: all(tokens, '/me') },
      target: { to: 'floorCached', ratio: 0.5 },
    },
    {
      name: FIRST_PAGE,
      sides: lists(tokens, {}, ''),
      target: { to: 'floorCached', ratio: 0.8 },
    },
    {
      name: '50 of 50,000 units, page 1,000',
      sides: lists(tokens, { cursor }, deepQuery),
      asFastAs: FIRST_PAGE,
    },
    {
      name: '50 of 5,000 units, page 1',
      sides: lists(middleTokens, {}, ''),
      asFastAs: FIRST_PAGE,
    },
    {
      name: 'change a unit, with audit row',
      sides: {
        servai: changes(urls.DATABASE_SYSTEM_URL, true),
        floor: changes(floorUrl, false),
        floorCached: changes(floorUrl, false),
      },
      target: { to: 'floorCached', ratio: 0.6 },
    },
  ]
}

/** Accounts of the seed, each from an address of its own. */
export const signInRequests = (count: number) =>
  numbers(count).map((number) => {
    const resident = 600 + Math.floor(number / 2) * 5 + (number % 2)
    const email = `resident${resident}@large.servai.example`
    const body = { email, password: DEMO_PASSWORD, delivery: 'body' }
    return wire({ method: 'POST', path: '/trpc/auth.login', address: addressOf(number), body })
  })

export const meRequests = async (prepared: Prepared, keys: Keys, issuer: string) =>
  replay(
    (await signTokens(prepared.big.sessions, keys, issuer)).map((token) => wire({ path: trpcQuery('auth.me'), token })),
  )
