import { expect, it } from 'vitest'
import { isLocalHost } from './local-host.ts'

it.each([
  'localhost',
  'localhost:3000',
  'app.localhost:3000',
  '127.0.0.1:3000',
  '127.9.9.9',
  '[::1]:3000',
  '10.1.2.3',
  '172.31.0.1',
  '192.168.1.20:3000',
  '169.254.1.1',
  '[fd00::1]',
  '[fe80::1]:80',
])('%s is local', (host) => expect(isLocalHost(host)).toBe(true))

it.each([
  'evil.example:3000',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'notlocalhost',
  'user@evil.example',
  '8.8.8.8',
  '172.32.0.1',
  '[2001:db8::1]',
  '',
  ' ',
  'a b',
])('%s is not', (host) => expect(isLocalHost(host)).toBe(false))
