import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { canonicalAddress, createAddressReader } from './address.ts'

describe('canonicalAddress', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:0207', '192.0.2.7'],
    ['0:0:0:0:0:ffff:c000:207', '192.0.2.7'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::1', '::1'],
  ])('writes %s as %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical)
  })

  it.each(['', 'unknown', 'example.com', '1.2.3', '1.2.3.4.5', '<script>', '2001:db8:::1'])(
    'does not know %s',
    (text) => {
      expect(canonicalAddress(text)).toBe('unknown')
    },
  )
})

describe('createAddressReader', () => {
  // The reader uses nothing else of a request.
  const request = (forwarded?: string) =>
    ({
      socket: { remoteAddress: '::ffff:10.0.0.1' },
      headers: { 'x-forwarded-for': forwarded },
    }) as unknown as IncomingMessage

  it('believes no header where no proxy is trusted', () => {
    expect(createAddressReader(0)(request('203.0.113.9'))).toBe('10.0.0.1')
  })

  it('counts trusted hops from the right, so that a client cannot choose its address', () => {
    expect(createAddressReader(1)(request('6.6.6.6, 203.0.113.9'))).toBe('203.0.113.9')
    expect(createAddressReader(2)(request('6.6.6.6, 203.0.113.9, 10.1.1.1'))).toBe('203.0.113.9')
  })

  it('puts whoever came past the proxies into one bucket', () => {
    expect(createAddressReader(1)(request())).toBe('unknown')
    expect(createAddressReader(2)(request('203.0.113.9'))).toBe('unknown')
    expect(createAddressReader(1)(request('not an address'))).toBe('unknown')
  })

  it.each([
    ['203.0.113.9:1234', '203.0.113.9'],
    ['[2001:db8::5]:443', '2001:db8::5'],
    ['[2001:db8::5]', '2001:db8::5'],
    ['2001:db8::5', '2001:db8::5'],
  ])('reads %s as some proxies write it', (hop, address) => {
    expect(createAddressReader(1)(request(hop))).toBe(address)
  })
})
