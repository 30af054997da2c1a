import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import path from 'node:path'
import type { Job, Measured } from './load.ts'

const HERE = import.meta.dirname

export type Served = { port: number; pid: number; readyMs: number; stop: () => Promise<void> }

export type ServiceOptions = {
  env: Record<string, string>
  logFile: string
  port?: number
  /** Of node, beside those of the profile. */
  flags?: readonly string[]
  /** Where its CPU profile goes at its end. */
  profileDir?: string
}

/** Starts a server that sends `{ ready: true }` (and its port, where it chose one) over IPC; its log goes to a file. */
export const startService = async (
  name: string,
  { env, logFile, port, flags = [], profileDir }: ServiceOptions,
): Promise<Served> => {
  const log = openSync(logFile, 'w')
  const startedAt = performance.now()
  const child = fork(path.resolve(HERE, name), {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', log, log, 'ipc'],
    execArgv: [...flags, ...(profileDir ? ['--cpu-prof', `--cpu-prof-dir=${profileDir}`] : [])],
  })
  const [message] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error(`${name} ended at its start: see ${logFile}`))),
  ])) as [{ port?: number }]
  const readyMs = performance.now() - startedAt
  const listening = message.port ?? port
  if (!listening || !child.pid) throw new Error(`${name} names no port`)
  return { port: listening, pid: child.pid, readyMs, stop: () => stop(child) }
}

/** Starts a worker, which takes up its work without telling anybody; `ended` rejects where that ends too early. */
export const startWorker = ({ env, logFile }: Pick<ServiceOptions, 'env' | 'logFile'>) => {
  const log = openSync(logFile, 'w')
  const child = fork(path.resolve(HERE, '../apps/worker/dist/main.mjs'), {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', log, log, 'ipc'],
  })
  if (!child.pid) throw new Error('the worker cannot be started')
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`the worker ended: see ${logFile}`)))
  // Of interest only to whoever waits for its work.
  ended.catch(() => undefined)
  return { pid: child.pid, ended, stop: () => stop(child) }
}

const stop = async (child: ChildProcess) => {
  if (child.exitCode !== null) return
  child.kill()
  await once(child, 'exit')
}

/** Runs one job in a load process. */
export const measure = async (job: Job): Promise<Measured> => {
  const child = fork(path.join(HERE, 'load.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  child.send(job)
  const [measured] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('the load generator failed'))),
  ])) as [Measured]
  return measured
}
