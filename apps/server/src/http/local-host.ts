import { BlockList, isIP } from 'node:net'

const LOCAL = new BlockList()
for (const [address, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const)
  LOCAL.addSubnet(address, prefix, 'ipv4')
for (const [address, prefix] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  LOCAL.addSubnet(address, prefix, 'ipv6')

/**
 * Whether a Host header names this machine or an address of a private network. No other name will do: whoever owns it
 * can let it resolve to any of these (DNS rebinding), and a browser then takes the owner's pages for ours.
 */
export const isLocalHost = (host: string): boolean => {
  if (!URL.canParse(`http://${host}`)) return false
  const { hostname } = new URL(`http://${host}`)
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return true
  const address = hostname.replace(/^\[|\]$/g, '')
  const version = isIP(address)
  return version !== 0 && LOCAL.check(address, version === 6 ? 'ipv6' : 'ipv4')
}
