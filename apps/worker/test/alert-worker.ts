import { readEnv } from '../src/env.ts'
import { startWorker } from '../src/worker.ts'

await startWorker(readEnv(), { locks: { lockDuration: 1_000, stalledInterval: 500 } })
