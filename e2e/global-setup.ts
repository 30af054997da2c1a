import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { TestProject } from 'vitest/node'
import { freePort } from '../scripts/postgres.mjs'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the product of this run is served, as `npm start` brought it up. */
    productUrl: string
  }
}

/** The product at PRODUCT_URL when set, else as a new user starts it: `npm start`, on a free port, with a data folder of its own. */
export default async ({ provide }: TestProject) => {
  const running = process.env.PRODUCT_URL
  if (running) return provide('productUrl', running)
  const port = await freePort()
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'servai-e2e-'))
  const child = spawn(process.execPath, ['scripts/run.mjs', 'start'], {
    env: {
      ...process.env,
      PORT: `${port}`,
      DATA_DIR: dataDir,
      NODE_ENV: 'development',
      DATABASE_URL: '',
      REDIS_URL: '',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output: string[] = []
  const exited = once(child, 'exit')
  const isReady = await new Promise<boolean>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      createInterface(stream).on('line', (line) => {
        output.push(line)
        if (line.includes('Ctrl-C')) resolve(true)
      })
    void exited.then(() => resolve(false))
  })
  if (!isReady) throw new Error(`npm start failed:\n${output.join('\n')}`)
  provide('productUrl', `http://localhost:${port}`)

  return async () => {
    child.kill('SIGTERM')
    const [code] = (await exited) as [number | null]
    fs.rmSync(dataDir, { recursive: true, force: true })
    if (code !== 0) throw new Error(`npm start ended with ${code}:\n${output.slice(-20).join('\n')}`)
  }
}
