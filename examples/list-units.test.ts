import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDemoServer } from '../packages/client/test/demo-server.ts'
import { DEMO_PASSWORD } from '../packages/db/src/seed/demo-accounts.ts'

const EXAMPLE = fileURLToPath(new URL('list-units.ts', import.meta.url))

let server: Awaited<ReturnType<typeof startDemoServer>>
beforeAll(async () => {
  server = await startDemoServer()
})
afterAll(() => server.stop())

const run = (password: string) =>
  promisify(execFile)(process.execPath, [EXAMPLE], {
    env: { SERVAI_URL: server.url, SERVAI_EMAIL: 'director@demo.servai.example', SERVAI_PASSWORD: password },
  })

describe('examples/list-units.ts', () => {
  it('lists every unit of the director’s company once, and none of the other company', async () => {
    const { stdout } = await run(DEMO_PASSWORD)
    const lines = stdout.trim().split('\n')
    expect(lines).toHaveLength(252)
    expect(new Set(lines).size).toBe(252)
    expect(new Set(lines.map((line) => line.split(', ')[0]))).toEqual(new Set(['Лозенец Парк', 'Морска градина']))
  })

  it('ends with the reason where it is refused', async () => {
    await expect(run('not the password')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^auth\.invalid_credentials \(request [\w-]+\)\n$/),
    })
  })
})
