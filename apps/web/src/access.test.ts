import { BroadcastChannel, locks } from 'node:worker_threads'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createAccess, type Access, type AccessNews } from './access.ts'

const LIFE_MS = 900_000
const open: BroadcastChannel[] = []
let server: { calls: number; isGone: boolean }
let clock = 0
let stored = new Map<string, string>()
const storage = {
  getItem: (key: string) => stored.get(key) ?? null,
  setItem: (key: string, value: string) => void stored.set(key, value),
  removeItem: (key: string) => void stored.delete(key),
}

beforeEach(() => {
  stored = new Map()
  server = { calls: 0, isGone: false }
  clock = 1_000_000
})
afterEach(() => open.splice(0).forEach((channel) => channel.close()))

const accessNumber = (number: number): Access => ({ token: `token-${number}`, expiresAtMs: clock + LIFE_MS })

/** One tab of a browser: all of a test share one storage, one channel and the process's locks. */
const openTab = (name = expect.getState().currentTestName ?? '') => {
  const channel = new BroadcastChannel(name)
  open.push(channel)
  const news: AccessNews[] = []
  const access = createAccess({
    renew: async () => {
      server.calls += 1
      const { calls } = server
      await new Promise((resolve) => setTimeout(resolve, 20))
      return server.isGone ? null : accessNumber(calls)
    },
    // Node's channels and locks are those of the browser under other type names.
    channel: channel as unknown as globalThis.BroadcastChannel,
    locks: locks as unknown as { request<T>(name: string, work: () => Promise<T>): Promise<T> },
    storage,
    onNews: (message) => news.push(message),
    now: () => clock,
  })
  return { access, news }
}

const delivered = () => new Promise((resolve) => setTimeout(resolve, 60))

it('renews once for all callers of a tab', async () => {
  const { access } = openTab()
  expect(await Promise.all([access.renew(), access.renew(), access.renew()])).toEqual(['token-1', 'token-1', 'token-1'])
  expect(server.calls).toBe(1)
})

it('renews once for all tabs whose token has run out', async () => {
  const tabs = [openTab(), openTab(), openTab()]
  tabs[0]!.access.start(accessNumber(0))
  await delivered()
  clock += LIFE_MS - 10_000
  expect(await Promise.all(tabs.map(({ access }) => access.token()))).toEqual(['token-1', 'token-1', 'token-1'])
  expect(server.calls).toBe(1)
})

it('asks nobody while the token is good', async () => {
  const { access } = openTab()
  access.start(accessNumber(7))
  expect(await access.token()).toBe('token-7')
  expect(server.calls).toBe(0)
})

it('does not renew a token that is newer than the one refused', async () => {
  const { access } = openTab()
  access.start(accessNumber(7))
  expect(await access.renew('token-6')).toBe('token-7')
  expect(server.calls).toBe(0)
  expect(await access.renew('token-7')).toBe('token-1')
})

it('ends every tab when the server has ended the session', async () => {
  const [first, second] = [openTab(), openTab()]
  first.access.start(accessNumber(0))
  await delivered()
  server.isGone = true
  clock += LIFE_MS
  expect(await second.access.token()).toBeNull()
  await delivered()
  expect(second.news.at(-1)).toEqual({ kind: 'ended' })
  expect(first.news.at(-1)).toEqual({ kind: 'ended' })
  expect(first.access.isHeld()).toBe(false)
})

it('says nothing to other tabs when a visitor turns out not to be signed in', async () => {
  const [signedIn, visitor] = [openTab(), openTab()]
  server.isGone = true
  expect(await visitor.access.renew()).toBeNull()
  await delivered()
  expect(signedIn.news).toEqual([])
  expect(visitor.news).toEqual([])
})

it('signs every tab out with one, and in with one', async () => {
  const [first, second] = [openTab(), openTab()]
  first.access.start(accessNumber(3))
  await delivered()
  expect(second.news).toEqual([{ kind: 'started', access: accessNumber(3) }])
  expect(await second.access.token()).toBe('token-3')
  second.access.end()
  await delivered()
  expect(first.news).toEqual([{ kind: 'ended' }])
  expect(await first.access.token()).toBeNull()
})

it('keeps the session when the server cannot be reached', async () => {
  const channel = new BroadcastChannel('unreachable')
  open.push(channel)
  let isDown = true
  const access = createAccess({
    renew: async () => {
      if (isDown) throw new TypeError('Failed to fetch')
      return accessNumber(1)
    },
    channel: channel as unknown as globalThis.BroadcastChannel,
    locks: undefined,
    storage,
    onNews: () => {},
    now: () => clock,
  })
  access.start({ token: 'old', expiresAtMs: clock })
  await expect(access.token()).rejects.toThrow('Failed to fetch')
  expect(access.isHeld()).toBe(true)
  isDown = false
  expect(await access.token()).toBe('token-1')
})

it('asks the server for no session where nobody has signed in', async () => {
  expect(await openTab().access.resume()).toBeNull()
  expect(server.calls).toBe(0)
})

it('resumes the session of whoever signed in in this browser, until it ends', async () => {
  const first = openTab()
  first.access.start(accessNumber(0))
  expect(await openTab().access.resume()).toBe('token-1')
  server.isGone = true
  expect(await openTab().access.resume()).toBeNull()
  expect(server.calls).toBe(2)
  expect(await openTab().access.resume()).toBeNull()
  expect(server.calls).toBe(2)
})

it('resumes nothing after a sign-out', async () => {
  const tab = openTab()
  tab.access.start(accessNumber(0))
  tab.access.end()
  expect(await openTab().access.resume()).toBeNull()
  expect(server.calls).toBe(0)
})

it('remembers a session that was found without its mark', async () => {
  expect(await openTab().access.renew()).toBe('token-1')
  expect(await openTab().access.resume()).toBe('token-2')
})
