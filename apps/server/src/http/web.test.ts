import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import http from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openInstance, useInstance, type Instance } from '../../test/instance.ts'
import { probeRouter } from '../../test/router.ts'
import { send, sendRaw } from '../../test/send.ts'

const SCRIPT = `console.log("${'servAI '.repeat(400)}")`
const PAGE = '<!doctype html><title>servAI</title><script type="module" src="/assets/app-1a2b3c.js"></script>'

let root: string
let server: Instance
beforeAll(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'servai-web-'))
  fs.mkdirSync(path.join(root, 'web/assets'), { recursive: true })
  fs.writeFileSync(path.join(root, 'web/index.html'), PAGE)
  fs.writeFileSync(path.join(root, 'web/favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  fs.writeFileSync(path.join(root, 'web/assets/app-1a2b3c.js'), SCRIPT)
  fs.writeFileSync(path.join(root, 'web/assets/app-1a2b3c.js.map'), '{}')
  fs.mkdirSync(path.join(root, 'web/.vite'))
  fs.writeFileSync(path.join(root, 'web/.vite/manifest.json'), '{}')
  fs.writeFileSync(path.join(root, 'secret.txt'), 'not for the web')
  server = await openInstance({ router: probeRouter, env: { WEB_ROOT: path.join(root, 'web') } })
})
afterAll(async () => {
  await server.stop()
  fs.rmSync(root, { recursive: true })
})

const HTML = { accept: 'text/html,*/*' }
const asset = () => `${server.url}/assets/app-1a2b3c.js`

const bytesOf = (url: string, headers: http.OutgoingHttpHeaders) =>
  new Promise<{ encoding: string | undefined; etag: string | undefined; bytes: Buffer }>((resolve, reject) => {
    http
      .get(url, { headers }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({
            encoding: response.headers['content-encoding'],
            etag: response.headers.etag,
            bytes: Buffer.concat(chunks),
          }),
        )
      })
      .on('error', reject)
  })

describe('the web app', () => {
  it.each(['/', '/sign-in', '/staff/units/019aa4d2', '/verify-email'])('opens at %s', async (address) => {
    const { status, text, headers } = await send(server.url + address, { headers: HTML })
    expect([status, text]).toEqual([200, PAGE])
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'content-security-policy': expect.stringContaining("script-src 'self';"),
    })
    expect(headers['content-security-policy']).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline/)
  })

  it.each(['/missing.js', '/assets/gone-000.js', '/api/none', '/trpc', '/health/none', '/dev/none', '/app.php'])(
    'is not what %s gets',
    async (address) => {
      const answer = await send(server.url + address, { headers: HTML })
      expect([answer.status, answer.reason()]).toEqual([404, 'request.not_found'])
    },
  )

  it('gets a program that asks for no page a plain 404', async () => {
    expect((await send(`${server.url}/wherever`, { headers: { accept: 'application/json' } })).reason()).toBe(
      'request.not_found',
    )
  })

  it('keeps hashed files for ever and asks again for the rest', async () => {
    const { headers } = await send(asset())
    expect(headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': 'text/javascript; charset=utf-8',
      vary: 'accept-encoding',
    })
    expect((await send(`${server.url}/favicon.svg`)).headers).toMatchObject({
      'cache-control': 'no-cache',
      'content-type': 'image/svg+xml',
    })
  })

  it('sends a file compressed as asked, and never again to who has it', async () => {
    const br = await bytesOf(asset(), { 'accept-encoding': 'gzip, deflate, br' })
    const gz = await bytesOf(asset(), { 'accept-encoding': 'gzip, br;q=0' })
    const plain = await bytesOf(asset(), {})
    expect([br.encoding, gz.encoding, plain.encoding]).toEqual(['br', 'gzip', undefined])
    expect(brotliDecompressSync(br.bytes).toString()).toBe(SCRIPT)
    expect(gunzipSync(gz.bytes).toString()).toBe(SCRIPT)
    expect(plain.bytes.toString()).toBe(SCRIPT)
    expect(new Set([br.etag, gz.etag, plain.etag]).size).toBe(3)
    const again = await send(asset(), { headers: { 'accept-encoding': 'br', 'if-none-match': br.etag! } })
    expect([again.status, again.text]).toEqual([304, ''])
  })

  it('does not publish source maps and hidden files', async () => {
    expect((await send(`${asset()}.map`)).status).toBe(404)
    expect((await send(`${server.url}/.vite/manifest.json`)).status).toBe(404)
  })

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '//secret.txt',
    '/..\\secret.txt',
  ])('gives no file beside its folder: %s', async (target) => {
    const text = await sendRaw(server.port, `GET ${target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)
    expect(text).toMatch(/^HTTP\/1.1 404/)
    expect(text).not.toContain('not for the web')
  })

  it('is counted as one route', async () => {
    await send(`${server.url}/favicon.svg`)
    const { text } = await send(`${server.url}/metrics`)
    expect(text).toMatch(/http_requests_total\{method="GET",route="web",status="200"\} \d+/)
    expect(text).not.toContain('favicon')
  })
})

it('says what to do where nothing was built, and serves what is built later', async () => {
  const folder = path.join(root, 'later')
  const { url } = await useInstance({ router: probeRouter, env: { WEB_ROOT: folder } })
  const missing = await send(url, { headers: HTML })
  expect([missing.status, missing.text]).toEqual([404, expect.stringContaining('pnpm build')])
  fs.mkdirSync(folder)
  fs.writeFileSync(path.join(folder, 'index.html'), PAGE)
  await expect.poll(async () => (await send(url, { headers: HTML })).status, { timeout: 5000 }).toBe(200)
})
