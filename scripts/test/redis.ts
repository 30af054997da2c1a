import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from '../postgres.mjs'

/**
 * REDIS_URL when set, else a `redis-server` (or `valkey-server`) from PATH on a free port; `url` is null where neither
 * exists: tests that need Redis are then skipped.
 *
 * @throws Error under CI=true instead of skipping.
 */
export const startRedis = async () => {
  const url = process.env.REDIS_URL
  if (url) return { url, stop: async () => {} }
  const program = ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0)
  if (!program) {
    if (process.env.CI === 'true') throw new Error('CI needs Redis: install redis-server or set REDIS_URL')
    return { url: null, stop: async () => {} }
  }

  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'servai-redis-'))
  const port = await freePort()
  const child = spawn(program, ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', dir, '--save', ''], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  process.once('exit', () => child.kill())
  const exited = once(child, 'exit')
  const isReady = await new Promise<boolean>((resolve) => {
    createInterface(child.stdout).on('line', (line) => line.includes('eady to accept connections') && resolve(true))
    void exited.then(() => resolve(false))
  })
  if (!isReady) throw new Error(`${program} does not start on port ${port}`)
  const stop = async () => {
    child.kill()
    await exited
    fs.rmSync(dir, { recursive: true, force: true })
  }
  return { url: `redis://127.0.0.1:${port}`, stop }
}
