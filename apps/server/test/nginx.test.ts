import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IMPORT_LIMITS } from '@servai/contract/imports'
import { expect, it, onTestFinished, vi } from 'vitest'
import { UPLOAD_TIMEOUT_MS } from '../src/http/app.ts'
import { useInstance } from './instance.ts'
import { send } from './send.ts'

const TEMPLATE = fs.readFileSync(new URL('../../../deploy/nginx/servai.conf.template', import.meta.url), 'utf8')
const hasNginx = spawnSync('nginx', ['-v']).status === 0

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  server.close()
  return port
}

/** The nginx of the images, in front of this server. */
const serveThrough = async (serverPort: number) => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'servai-nginx-'))
  const port = await freePort()
  const site = TEMPLATE.replace('${SERVER_ADDRESS}', `127.0.0.1:${serverPort}`)
    .replace('listen 8080', `listen 127.0.0.1:${port}`)
    .replace('/srv/web', folder)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join('\n')
  const around = `daemon off; pid ${folder}/pid; error_log ${folder}/error.log;\nevents {}\nhttp { access_log off;\n${temporary}\n${site} }`
  fs.writeFileSync(join(folder, 'nginx.conf'), around)
  const nginx = spawn('nginx', ['-p', folder, '-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')])
  onTestFinished(async () => {
    nginx.kill('SIGTERM')
    if (nginx.exitCode === null) await once(nginx, 'exit')
    fs.rmSync(folder, { recursive: true, force: true })
  })
  const url = `http://127.0.0.1:${port}`
  await vi.waitFor(() => send(`${url}/health/liveness`), { timeout: 5_000 })
  return url
}

it.skipIf(!hasNginx)(
  'nginx names a request itself, whatever a stranger sends, and the server takes that name',
  async () => {
    const server = await useInstance({ env: { TRUST_PROXY_HOPS: '1' } })
    const url = await serveThrough(server.port)
    const answer = await send(`${url}/api/v1/auth/me`, { headers: { 'x-request-id': 'chosen-by-a-stranger' } })
    expect([answer.status, answer.headers['x-request-id']]).toEqual([401, expect.stringMatching(/^[0-9a-f]{32}$/)])
    const long = await send(`${url}/api/v1/auth/me?a=${'b'.repeat(12_000)}`)
    expect(long.status).toBe(401)
  },
)

const UNITS: Record<string, number> = { s: 1_000, m: 1024 * 1024 }
const limit = (name: string) => {
  const [, number, unit = ''] = new RegExp(`${name} (\\d+)([a-z]);`).exec(TEMPLATE) ?? []
  return Number(number) * UNITS[unit]!
}

it('nginx waits longer than the server and lets through what it takes', () => {
  expect(limit('proxy_read_timeout')).toBeGreaterThanOrEqual(UPLOAD_TIMEOUT_MS + 5_000)
  expect(limit('client_max_body_size')).toBeGreaterThan(IMPORT_LIMITS.bytes)
})
