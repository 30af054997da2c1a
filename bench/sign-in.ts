import { fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Job, Measured } from './load.ts'
import { measure } from './processes.ts'
import { addressOf } from './http.ts'

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

export type Enumeration = { samples: number; unknownMs: number; wrongMs: number; separability: number }

/**
 * Whether the time of a refusal tells an account from none. `separability`: chance that a refusal for a known address
 * takes longer than one for an unknown address; 0.5 tells nothing, 1 or 0 everything.
 */
export const timeRefusals = async (port: number, samples: number): Promise<Enumeration> => {
  const taken = { unknown: [] as number[], wrong: [] as number[] }
  const attempt = async (kind: keyof typeof taken, number: number) => {
    const resident = 60_000 + Math.floor(number / 2) * 5 + (number % 2)
    const email =
      kind === 'wrong' ? `resident${resident}@large.servai.example` : `stranger${resident}@large.servai.example`
    const startedAt = performance.now()
    const response = await fetch(`http://127.0.0.1:${port}/trpc/auth.login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': addressOf(1_000_000 + number) },
      body: JSON.stringify({ email, password: 'not the password' }),
    })
    await response.arrayBuffer()
    if (response.status !== 401) throw new Error(`a refusal was expected, not ${response.status}`)
    taken[kind].push(performance.now() - startedAt)
  }
  for (let number = -20; number < samples; number++) {
    // Which comes first alternates, so that nothing falls to one kind alone.
    for (const kind of number % 2 === 0 ? (['unknown', 'wrong'] as const) : (['wrong', 'unknown'] as const))
      await attempt(kind, number + 20)
  }
  for (const list of Object.values(taken)) list.splice(0, 20)
  const longer = taken.wrong.flatMap((wrong) => taken.unknown.map((unknown) => (wrong > unknown ? 1 : 0)))
  return {
    samples,
    unknownMs: median(taken.unknown),
    wrongMs: median(taken.wrong),
    separability: longer.reduce((sum: number, one) => sum + one, 0) / longer.length,
  }
}

export const median = (values: readonly number[]) => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
