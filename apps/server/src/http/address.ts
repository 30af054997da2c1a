import type { IncomingMessage } from 'node:http'
import { isIPv4, isIPv6 } from 'node:net'

/** Where no address can be known: one bucket for all of them in every limit. */
export const UNKNOWN_ADDRESS = 'unknown'

const MAPPED_IPV4 = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/

/** One text per address: IPv4 also where it came mapped into IPv6, IPv6 as RFC 5952 writes it, without a zone. */
export const canonicalAddress = (text: string): string => {
  if (isIPv4(text)) return text
  const [address = ''] = text.split('%', 1)
  if (!isIPv6(address)) return UNKNOWN_ADDRESS
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const mapped = MAPPED_IPV4.exec(canonical)
  if (!mapped) return canonical
  const [high, low] = [Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** `1.2.3.4`, `1.2.3.4:567`, `[2001:db8::1]`, `[2001:db8::1]:567`: proxies write all of them. */
const withoutPort = (hop: string): string =>
  /^\[([^\]]+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^(\d+(?:\.\d+){3}):\d+$/.exec(hop)?.[1] ?? hop

/**
 * Tells who sent a request: the right-most hop that none of our own `trustedHops` proxies is. What stands further left
 * was written by the client itself.
 */
export const createAddressReader = (trustedHops: number) => {
  const ofSocket = new WeakMap<object, string>()
  return ({ socket, headers }: IncomingMessage): string => {
    if (trustedHops > 0) {
      const forwarded = headers['x-forwarded-for']
      const hops = typeof forwarded === 'string' ? forwarded.split(',') : []
      const hop = hops.at(-trustedHops)
      return hop === undefined ? UNKNOWN_ADDRESS : canonicalAddress(withoutPort(hop.trim()))
    }
    let address = ofSocket.get(socket)
    if (address === undefined) {
      address = canonicalAddress(socket.remoteAddress ?? '')
      ofSocket.set(socket, address)
    }
    return address
  }
}
