import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createServaiClient } from '@servai/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDemoServer } from '../packages/client/test/demo-server.ts'
import { DEMO_PASSWORD } from '../packages/db/src/seed/demo-accounts.ts'

const EXAMPLE = fileURLToPath(new URL('units-with-a-key.ts', import.meta.url))

let server: Awaited<ReturnType<typeof startDemoServer>>
beforeAll(async () => {
  server = await startDemoServer()
})
afterAll(() => server.stop())

const run = (apiKey: string) =>
  promisify(execFile)(process.execPath, [EXAMPLE], { env: { SERVAI_URL: server.url, SERVAI_API_KEY: apiKey } })

describe('examples/units-with-a-key.ts', () => {
  it('counts every unit of the company, signed in by nothing but its key', async () => {
    const person = createServaiClient({ url: server.url })
    await person.signIn('director@demo.servai.example', DEMO_PASSWORD)
    const { key } = await person.api.apiKeys.create.mutate({ name: 'Statistics', role: 'director' })
    const { stdout } = await run(key)
    const counts = stdout
      .trim()
      .split('\n')
      .map((line) => Number(line.split(': ')[1]))
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(252)
  })

  it('ends with the reason where the key is refused', async () => {
    await expect(run('servai_wrong')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^auth\.unauthenticated \(request [\w-]+\)\n$/),
    })
  })
})
