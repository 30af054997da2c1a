import { describe, expect, it } from 'vitest'
import { useInstance } from '../../test/instance.ts'
import { probeRouter } from '../../test/router.ts'
import { send } from '../../test/send.ts'

const cookieFor = async (env: Record<string, string>, host: string) => {
  const server = await useInstance({ router: probeRouter, env })
  const answer = await send(`${server.url}/api/v1/probe/sign-in`, { json: { token: 'T0ken' }, headers: { host } })
  const read = async (cookie: string) =>
    (
      await send(`${server.url}/api/v1/probe/cookie`, {
        json: {},
        headers: { host, cookie, origin: env.APP_URL!, 'x-servai-client': 'test' },
      })
    ).json()
  const warnings = () =>
    server.logs().filter(({ level, msg }) => level === 'warn' && String(msg).includes('plain http'))
  return { server, cookies: answer.headers['set-cookie'], read, warnings }
}

describe('the cookie of a known device', () => {
  it.each([
    ['over https', 'https://app.test', 'app.test', '__Host-device', '; Secure'],
    ['on this machine', 'http://localhost:3000', 'localhost:3000', '__Host-device', '; Secure'],
    ['without its prefix on the same network', 'http://192.168.1.5:3000', '192.168.1.5:3000', 'device', ''],
  ])('goes beside the refresh cookie and comes back %s', async (_, appUrl, host, name, secure) => {
    const server = await useInstance({ router: probeRouter, env: { APP_URL: appUrl } })
    for (const path of ['/api/v1/probe/remember', '/trpc/probe.remember']) {
      const answer = await send(server.url + path, {
        json: { device: 'D3vice' },
        headers: { host, cookie: `a=b; ${name}=before; x${name}=c` },
      })
      expect(answer.headers['set-cookie']).toEqual([
        expect.stringContaining('rt=T0ken'),
        `${name}=D3vice; Path=/; HttpOnly; SameSite=Strict; Max-Age=120${secure}`,
      ])
      expect(answer.text).toContain('"before":"before"')
    }
    expect(server.logs().filter(({ msg }) => String(msg).includes('plain http'))).toHaveLength(secure ? 0 : 1)
  })
})

describe('the refresh cookie', () => {
  it.each([
    ['over https', 'https://app.test', 'app.test'],
    ['on this machine', 'http://localhost:3000', 'localhost:3000'],
    ['on this machine by number', 'http://localhost:3000', '127.0.0.1:3000'],
  ])('is bound to host and TLS %s', async (_, appUrl, host) => {
    const { cookies, read, warnings } = await cookieFor({ APP_URL: appUrl }, host)
    expect(cookies).toEqual(['__Host-rt=T0ken; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure'])
    expect(await read('a=b; __Host-rt=T0ken; c=d')).toEqual({ token: 'T0ken' })
    expect(await read('rt=T0ken')).toEqual({ token: null })
    expect(await read('x__Host-rt=T0ken')).toEqual({ token: null })
    expect(warnings()).toEqual([])
  })

  it('goes without its prefix to a phone on the same network, with one warning', async () => {
    const { server, cookies, read, warnings } = await cookieFor(
      { APP_URL: 'http://192.168.1.5:3000' },
      '192.168.1.5:3000',
    )
    expect(cookies).toEqual(['rt=T0ken; Path=/; HttpOnly; SameSite=Strict; Max-Age=60'])
    expect(await read('rt=T0ken')).toEqual({ token: 'T0ken' })
    await send(`${server.url}/api/v1/probe/sign-in`, { json: { token: 'b' }, headers: { host: '192.168.1.5:3000' } })
    expect(warnings()).toHaveLength(1)
  })

  it('takes part in a development page that was opened under another name of this server', async () => {
    const server = await useInstance({ router: probeRouter, env: { APP_URL: 'http://localhost:3000' } })
    const headers = {
      host: '192.168.1.5:3000',
      origin: 'http://192.168.1.5:3000',
      cookie: 'rt=a',
      'x-servai-client': 'web',
    }
    const answer = await send(`${server.url}/api/v1/probe/cookie`, { json: {}, headers })
    expect(answer.json()).toEqual({ token: 'a' })
  })
})
