import { workerConnectionOptions } from '@servai/redis/connection'
import type { Logger } from '@servai/telemetry/log'
import { Queue, Worker, createPostgresBackend } from 'bullmq'
import { within } from './deadline.ts'

/** The name tells what a job is about, the id which outbox row it stands for; a job carries nothing else. */
export type Ticket = { id: string; topic: string }

export type JobQueue = {
  /** @throws when the queue does not take them within five seconds */
  add(tickets: Ticket[]): Promise<void>
  /** Runs `work` for each ticket, at most `concurrency` at a time in this process. */
  consume(work: (ticket: Ticket) => Promise<void>, concurrency: number): Promise<void>
  /** Takes no more tickets and waits for those at work. */
  drain(): Promise<void>
  close(): Promise<void>
}

export type JobQueueOptions = {
  /** BullMQ runs on Redis when there is one, else on PostgreSQL. */
  redisUrl: string | undefined
  /** Login of servai_system, who owns the schema `bullmq`. */
  systemUrl: string
  log: Logger
  locks?: typeof LOCKS | undefined
}

const NAME = 'outbox'
const ADD_TIMEOUT_MS = 5_000
// A free id again: the outbox, not the queue, remembers what is done.
const JOB_OPTIONS = { attempts: 1, removeOnComplete: true, removeOnFail: true }
/** The jobs of a worker that was killed are found again within the sum: before the relay takes them for lost. */
const LOCKS = { lockDuration: 20_000, stalledInterval: 10_000 }

type Processor = (job: { id?: string | undefined; name: string }) => Promise<void>

const onRedis = (url: string, locks: typeof LOCKS) => {
  const connection = workerConnectionOptions(url)
  const prefix = 'servai'
  return {
    queue: () => new Queue(NAME, { connection: { ...connection, enableOfflineQueue: false }, prefix }),
    worker: (process: Processor, concurrency: number) =>
      new Worker(NAME, process, { connection, prefix, concurrency, ...locks }),
  }
}

const onPostgres = (connectionString: string, locks: typeof LOCKS) => {
  const connection = { connectionString, schema: 'bullmq', migrate: true, application_name: 'servai-queue' }
  return {
    queue: () => new Queue(NAME, { connection: { ...connection, max: 1 } }, createPostgresBackend),
    worker: (process: Processor, concurrency: number) =>
      new Worker(
        NAME,
        process,
        { connection: { ...connection, max: 3 }, concurrency, ...locks },
        createPostgresBackend,
      ),
  }
}

export const createJobQueue = ({ redisUrl, systemUrl, log, locks = LOCKS }: JobQueueOptions): JobQueue => {
  const backend = redisUrl ? onRedis(redisUrl, locks) : onPostgres(systemUrl, locks)
  const report = (err: Error) => log.warn({ err }, 'queue connection')
  const queue = backend.queue()
  queue.on('error', report)
  let worker: ReturnType<typeof backend.worker> | undefined

  return {
    async add(tickets) {
      // One by one: on PostgreSQL `addBulk` needs the right to make temporary tables, which our role has not.
      const adding = tickets.map(({ id, topic }) => queue.add(topic, {}, { ...JOB_OPTIONS, jobId: id }))
      await within(ADD_TIMEOUT_MS, Promise.all(adding))
    },
    async consume(work, concurrency) {
      worker = backend.worker(async ({ id, name }) => {
        if (id !== undefined) await work({ id, topic: name })
      }, concurrency)
      worker.on('error', report)
      worker.on('failed', (job, err) => log.error({ err, jobId: job?.id, job: job?.name }, 'job could not be settled'))
      await worker.waitUntilReady()
    },
    async drain() {
      await worker?.close()
    },
    async close() {
      await Promise.all([worker?.close(), queue.close()])
    },
  }
}
