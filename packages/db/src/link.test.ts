import net from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { createLanes } from './lanes.ts'
import { createLink, send } from './link.ts'

/** A door to PostgreSQL that can be slammed: every open connection is reset, as when a server crashes. */
const target = new URL(inject('databaseSystemUrl'))
const sockets = new Set<net.Socket>()
const proxy = net.createServer((near) => {
  const far = net.connect(Number(target.port), target.hostname)
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    sockets.add(one)
    one.on('error', () => other.destroy()).on('close', () => other.destroy() && sockets.delete(one))
    one.pipe(other)
  }
})
await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
afterAll(() => proxy.close())
const slam = () => {
  for (const socket of sockets) socket.resetAndDestroy()
}

const port = String((proxy.address() as AddressInfo).port) // it listens on TCP
const options = {
  url: Object.assign(new URL(target), { port }).href,
  name: 'link-test',
  max: 3,
  acquireTimeoutMs: 2000,
  connectTimeoutMs: 1000,
  statementTimeoutMs: 2000,
  lockTimeoutMs: 500,
  idleInTransactionTimeoutMs: 2000,
}

/** Six callers who ask again the moment they are refused; how long the longest answer took, in ms. */
const underFire = async (ask: (question: string) => Promise<string>) => {
  let isOver = false
  let longestMs = 0
  let right = 0
  const wrong: string[] = []
  const caller = async (name: number) => {
    for (let count = 0; !isOver; count++) {
      const question = `${name}/${count}`
      const started = performance.now()
      const answer = await ask(question).catch(() => null)
      longestMs = Math.max(longestMs, performance.now() - started)
      if (answer === question) right++
      else if (answer !== null) wrong.push(answer)
    }
  }
  const callers = Array.from({ length: 6 }, (_, name) => caller(name))
  for (let count = 0; count < 20; count++) {
    await sleep(50)
    slam()
  }
  await sleep(200)
  isOver = true
  await Promise.all(callers)
  return { longestMs, right, wrong }
}

describe('connections that are reset under load', () => {
  it('leave no statement without an answer, and no answer with the wrong caller', async () => {
    const link = createLink(options)
    const { longestMs, right, wrong } = await underFire(async (question) => {
      const rows = await link.run((client) => send(client, 'select $1::text as echo', [question]))
      return String(rows[0]!.echo)
    })
    await link.end()
    expect(wrong).toEqual([])
    expect(right).toBeGreaterThan(100)
    expect(link.losses()).toBeGreaterThan(10)
    expect(longestMs).toBeLessThan(3000)
  })

  it('leave no transaction hanging and no lane behind', async () => {
    const lanes = createLanes(options)
    const { longestMs, right, wrong } = await underFire((question) =>
      lanes.transaction('', 'write', async ({ client }) => {
        await client.unsafe('select 1').values()
        const rows = (await client.unsafe('select $1::text', [question]).values()) as string[][] // one row of one text
        return rows[0]![0]!
      }),
    )
    expect(lanes.inUse()).toBe(0)
    await lanes.close()
    expect(wrong).toEqual([])
    expect(right).toBeGreaterThan(100)
    expect(longestMs).toBeLessThan(3000)
  })
})
