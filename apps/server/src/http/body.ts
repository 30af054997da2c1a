import type { IncomingMessage } from 'node:http'
import { DomainError } from '@servai/api/errors'

/** The client went away while it was sending: there is nobody left to answer. */
export class ClientGoneError extends Error {
  override name = 'ClientGoneError'
}

/** So much of a refused body is read to its end, so that the sender gets to see the answer. */
const MAX_DISCARDED_BYTES = 20_000_000

/** Lets what is left of a body go by; whoever sends still more is hung up on. Senders have a minute in all. */
export const discardBody = (req: IncomingMessage) => {
  const { 'content-length': length, 'transfer-encoding': encoding } = req.headers
  if (req.complete || (length === undefined && encoding === undefined)) return
  let left = MAX_DISCARDED_BYTES
  req.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) req.destroy()
  })
  req.resume()
}

/**
 * @throws too_large request.too_large, ClientGoneError
 */
export const readBody = (req: IncomingMessage, maxBytes: number): Promise<Buffer> => {
  if (Number(req.headers['content-length'] ?? 0) > maxBytes)
    return Promise.reject(new DomainError('too_large', 'request.too_large'))
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const onData = (chunk: Buffer) => {
      size += chunk.length
      if (size <= maxBytes) return void chunks.push(chunk)
      req.off('data', onData)
      reject(new DomainError('too_large', 'request.too_large'))
    }
    req.on('data', onData)
    req.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    const onGone = () => {
      if (!req.complete) reject(new ClientGoneError('the client went away'))
    }
    req.once('error', onGone)
    req.once('close', onGone)
  })
}
