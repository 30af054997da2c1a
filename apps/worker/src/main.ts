import { createLogger } from '@servai/telemetry/log'
import { readEnv } from './env.ts'
import { startWorker } from './worker.ts'

/** The parent gives 30 s from SIGTERM to the end. */
const DRAIN_TIMEOUT_MS = 25_000

const main = async () => {
  const starting = startWorker(readEnv())
  let stopping: Promise<void> | undefined

  const stop = async (cause: string) => {
    setTimeout(() => process.exit(1), DRAIN_TIMEOUT_MS).unref()
    const worker = await starting.catch(() => process.exit(1))
    worker.log.info({ cause }, 'stopping')
    await worker.stop()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (stopping) process.exit(1)
      stopping = stop(signal)
    })
  // With an IPC channel its end is the end of the parent: nobody else would stop this process.
  if (process.connected) process.once('disconnect', () => (stopping ??= stop('disconnect')))

  const { log } = await starting
  const crash = (err: unknown) => {
    log.fatal({ err }, 'unexpected error')
    process.exit(1)
  }
  process.on('uncaughtException', crash)
  process.on('unhandledRejection', crash)
}

main().catch((err: unknown) => {
  createLogger({ level: 'fatal', service: 'worker' }).fatal({ err }, 'the worker cannot start')
  process.exit(1)
})
