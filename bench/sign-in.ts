import { fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Job, Measured } from './load.ts'
import { measure } from './processes.ts'

/** Hashes at a time, as the server's own default. */
export const LANES = Math.max(1, availableParallelism() - 1)

/** argon2id verifications a second in a process that does nothing else. */
export const bareHashes = async (durationMs: number): Promise<number> => {
  const child = fork(fileURLToPath(new URL('argon2.ts', import.meta.url)), [String(LANES), String(durationMs)])
  const [perSecond] = (await once(child, 'message')) as [number]
  return perSecond
}

/** `me` by 32 connections while 16 others do nothing but sign in. */
export const underFlood = async (me: Job, flood: Job): Promise<{ me: Measured; flood: Measured }> => {
  const [flooded, measured] = await Promise.all([measure(flood), measure(me)])
  return { me: measured, flood: flooded }
}
