import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DomainError } from '@servai/api/errors'
import { ClientGoneError } from './body.ts'

export type UploadedFile = { path: string; bytes: number }

/**
 * Writes the body of a request to a file that is this turn's own and readable by nobody else.
 *
 * @throws too_large request.too_large, timeout request.timeout, ClientGoneError
 */
export type Receive = (req: IncomingMessage, maxBytes: number) => Promise<UploadedFile>

export type UploadRoom = {
  /**
   * Runs `work`, which may receive a file and use it until it ends; then the file is gone.
   *
   * @throws unavailable server.busy when all places are taken, or one by the same company; and what `work` throws
   */
  inTurn<T>(companyId: string, work: (receive: Receive) => Promise<T>): Promise<T>
}

export type UploadRoomOptions = {
  /** Uploads at once in this process, from its admission to the end of its use. */
  places?: number
  /** Where the files lie meanwhile. */
  folder?: string
  /** Longest silence of a sender. */
  silenceMs?: number
  /** Longest upload; below the `requestTimeout` of the server, which could not answer. */
  timeoutMs?: number
}

const RETRY_AFTER_SECONDS = 5

type Limits = { maxBytes: number; silenceMs: number; timeoutMs: number }

const writeBody = (req: IncomingMessage, path: string, { maxBytes, silenceMs, timeoutMs }: Limits) =>
  new Promise<number>((resolve, reject) => {
    const file = createWriteStream(path, { flags: 'wx', mode: 0o600 })
    let bytes = 0
    const settle = (work: () => void) => {
      clearTimeout(silence)
      clearTimeout(whole)
      req.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone)
      work()
    }
    const fail = (error: Error) => settle(() => file.destroy().once('close', () => reject(error)))
    const late = () => fail(new DomainError('timeout', 'request.timeout'))
    const silence = setTimeout(late, silenceMs)
    const whole = setTimeout(late, timeoutMs)
    const onData = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > maxBytes) return fail(new DomainError('too_large', 'request.too_large'))
      silence.refresh()
      if (file.write(chunk)) return
      req.pause()
      file.once('drain', () => req.resume())
    }
    const onEnd = () =>
      settle(() => {
        file.once('finish', () => resolve(bytes))
        file.end()
      })
    const onGone = () => fail(new ClientGoneError('the client went away'))
    file.once('error', (error) => settle(() => reject(error)))
    if (req.destroyed) return onGone()
    req.on('data', onData).once('end', onEnd).once('error', onGone).once('close', onGone)
  })

/**
 * Files that are too large for memory. Whoever uses it has asked first who is sending and whether they may: a body is
 * not looked at before `receive`.
 */
export const createUploadRoom = ({
  places = 4,
  folder = tmpdir(),
  silenceMs = 10_000,
  timeoutMs = 50_000,
}: UploadRoomOptions = {}): UploadRoom => {
  const taken = new Set<string>()

  return {
    inTurn: async (companyId, work) => {
      if (taken.size >= places || taken.has(companyId))
        throw new DomainError('unavailable', 'server.busy', { retryAfterSeconds: RETRY_AFTER_SECONDS })
      taken.add(companyId)
      let own: string | undefined
      const receive: Receive = async (req, maxBytes) => {
        if (Number(req.headers['content-length'] ?? 0) > maxBytes)
          throw new DomainError('too_large', 'request.too_large')
        own ??= await mkdtemp(join(folder, 'servai-upload-'))
        const path = join(own, 'file')
        return { path, bytes: await writeBody(req, path, { maxBytes, silenceMs, timeoutMs }) }
      }
      try {
        return await work(receive)
      } finally {
        if (own !== undefined) await rm(own, { recursive: true, force: true })
        taken.delete(companyId)
      }
    },
  }
}
