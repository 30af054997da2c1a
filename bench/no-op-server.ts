// The server as it is, with a router of one procedure that does nothing: what the transport costs by itself.
import { publicProcedure, router } from '@servai/api/trpc'
import { done } from '@servai/contract/fields'
import { createLogger } from '@servai/telemetry/log'
import { readEnv } from '../apps/server/src/env.ts'
import { startServer } from '../apps/server/src/server.ts'

const env = readEnv()
const log = createLogger({ level: env.LOG_LEVEL, service: 'server' })
const ping = publicProcedure
  .meta({ rest: null })
  .output(done)
  .query(() => ({ ok: true as const }))
const server = await startServer(env, log, router({ ping }))
await server.ready
process.send?.({ port: server.port })
for (const end of ['disconnect', 'SIGTERM']) process.once(end, () => process.exit(0))
