import { buildUser } from '@servai/db/test/factories'
import { createLogger } from '@servai/telemetry/log'
import { describe, expect, it } from 'vitest'
import { anonymous, services } from '../test/callers.ts'

describe('a principal that cannot be loaded', () => {
  it('is our fault and logged, not an invalid request of the caller', async () => {
    const lines: string[] = []
    const log = createLogger({
      level: 'error',
      service: 'test',
      destination: { write: (line) => void lines.push(line) },
    })
    const { id: userId, tokenVersion } = await buildUser()
    const accessToken = await services.accessTokens.sign({ userId, sessionId: 'no uuid', tokenVersion })
    const caller = anonymous({ accessToken, requestId: 'asked-1', services: { ...services, log } })
    await expect(caller.auth.me()).rejects.toMatchObject({ code: 'INTERNAL_SERVER_ERROR' })
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({
        path: 'auth.me',
        requestId: 'asked-1',
        err: expect.objectContaining({ message: expect.stringContaining('cannot be read') }),
      }),
    ])
    expect(lines[0]).toContain('22P02')
  })
})
