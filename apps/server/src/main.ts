import { appRouter } from '@servai/api/root'
import { createLogger } from '@servai/telemetry/log'
import { EnvError, readEnv, type Env } from './env.ts'
import { startServer } from './server.ts'

const settings = (): Env => {
  try {
    return readEnv()
  } catch (error) {
    if (!(error instanceof EnvError)) throw error
    createLogger({ level: 'info', service: 'server' }).fatal({ faults: error.message.split('\n') }, 'refusing to start')
    process.exit(1)
  }
}

const env = settings()
const log = createLogger({ level: env.LOG_LEVEL, service: 'server' })

const give = (message: string) => (error: unknown) => {
  log.fatal({ err: error }, message)
  process.exit(1)
}
process.on('uncaughtException', give('an error was not caught'))
process.on('unhandledRejection', give('a rejection was not handled'))

const server = await startServer(env, log, appRouter).catch(give(`cannot listen on ${env.HOST}:${env.PORT}`))

let isStopping = false
const stop = (cause: string) => {
  if (isStopping) {
    log.warn({ cause }, 'stopping at once')
    process.exit(1)
  }
  isStopping = true
  log.info({ cause }, 'stopping')
  void server.stop().then(() => {
    log.info('stopped')
    process.exit(0)
  }, give('could not stop cleanly'))
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal))
// Whoever started us with a channel is gone when it closes, even after a kill -9.
if (process.send) process.on('disconnect', () => isStopping || stop('the parent process is gone'))

await server.ready.catch((error: unknown) => isStopping || give('refusing to serve')(error))
if (!isStopping) {
  log.info({ host: env.HOST, port: server.port, metricsPort: server.metricsPort ?? undefined }, 'serving')
  process.send?.({ ready: true })
}
