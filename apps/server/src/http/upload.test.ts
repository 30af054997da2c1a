import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createUploadRoom, type UploadRoomOptions } from './upload.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'servai-room-'))
})
afterAll(() => rm(folder, { recursive: true }))

const MAX_BYTES = 1_000_000

/** A server that hands every body to the room; `sent` opens a request to it. */
const open = async (options?: UploadRoomOptions) => {
  const room = createUploadRoom({ folder, ...options })
  const arrived: ((req: http.IncomingMessage, res: http.ServerResponse) => void)[] = []
  const server = http.createServer((req, res) => arrived.shift()?.(req, res)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const sent = async (headers: http.OutgoingHttpHeaders = {}) => {
    const request = http.request({ port, host: '127.0.0.1', method: 'POST', headers })
    request.on('error', () => undefined)
    request.flushHeaders()
    return { request, req: await new Promise<http.IncomingMessage>((resolve) => arrived.push(resolve)) }
  }
  return { room, sent }
}

const busy = { code: 'unavailable', reason: 'server.busy', details: { retryAfterSeconds: 5 } }
const forever = new Promise<never>(() => undefined)

it('keeps a body in a file that only we can read, and only while it is used', async () => {
  const { room, sent } = await open()
  const { request, req } = await sent()
  request.write(Buffer.alloc(400_000, 'a'))
  request.end(Buffer.alloc(400_000, 'b'))
  const seen = await room.inTurn('one', async (receive) => {
    const { path, bytes } = await receive(req, MAX_BYTES)
    const [{ mode }, { mode: around }, content] = await Promise.all([
      stat(path),
      stat(join(path, '..')),
      readFile(path, 'latin1'),
    ])
    return {
      bytes,
      modes: [mode & 0o777, around & 0o777],
      isWhole: content === 'a'.repeat(400_000) + 'b'.repeat(400_000),
    }
  })
  expect(seen).toEqual({ bytes: 800_000, modes: [0o600, 0o700], isWhole: true })
  expect(await readdir(folder)).toEqual([])
})

it('writes no more than it may, whether the sender says how much it is or not', async () => {
  const { room, sent } = await open()
  const tooLarge = { code: 'too_large', reason: 'request.too_large' }
  const announced = await sent({ 'content-length': MAX_BYTES + 1 })
  await expect(room.inTurn('one', (receive) => receive(announced.req, MAX_BYTES))).rejects.toMatchObject(tooLarge)
  const endless = await sent()
  endless.request.write(Buffer.alloc(MAX_BYTES + 1))
  await expect(room.inTurn('one', (receive) => receive(endless.req, MAX_BYTES))).rejects.toMatchObject(tooLarge)
  expect(await readdir(folder)).toEqual([])
})

it('does not wait for a sender that is silent, slow, or gone', async () => {
  const { room, sent } = await open({ silenceMs: 100, timeoutMs: 400 })
  const late = { code: 'timeout', reason: 'request.timeout' }
  const silent = await sent()
  silent.request.write('a')
  await expect(room.inTurn('one', (receive) => receive(silent.req, MAX_BYTES))).rejects.toMatchObject(late)
  const slow = await sent()
  const drip = setInterval(() => slow.request.write('a'), 20)
  onTestFinished(() => clearInterval(drip))
  const started = performance.now()
  await expect(room.inTurn('one', (receive) => receive(slow.req, MAX_BYTES))).rejects.toMatchObject(late)
  expect(performance.now() - started).toBeGreaterThan(390)
  const gone = await sent()
  gone.request.write('a')
  setTimeout(() => gone.request.destroy(), 20)
  await expect(room.inTurn('one', (receive) => receive(gone.req, MAX_BYTES))).rejects.toMatchObject({
    name: 'ClientGoneError',
  })
  expect(await readdir(folder)).toEqual([])
})

it('has one place for a company, a few in all, and each is free again after its turn', async () => {
  const { room } = await open({ places: 2 })
  const work = async () => 'done'
  let end = () => undefined as void
  const first = room.inTurn('one', () => new Promise<void>((resolve) => (end = resolve)))
  await expect(room.inTurn('one', work)).rejects.toMatchObject(busy)
  expect(await room.inTurn('two', work)).toBe('done')
  void room.inTurn('two', () => forever)
  await expect(room.inTurn('three', work)).rejects.toMatchObject(busy)
  end()
  await first
  await expect(room.inTurn('three', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(await room.inTurn('three', work)).toBe('done')
})
