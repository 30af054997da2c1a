import { database } from '@servai/db/test/factories'

/** Every connection of the pools is open, so that no contender waits for one to be made. */
const warmUp = async (contenders: number) => {
  const wait = () => database.system({}, 'read', (db) => db.execute('select pg_sleep(0.002)'))
  await Promise.all(Array.from({ length: contenders }, wait))
}

/** All contenders stand at the line with their connections open, and start in the same turn of the event loop. */
export const race = async <T>(contenders: readonly (() => Promise<T>)[]): Promise<PromiseSettledResult<T>[]> => {
  await warmUp(contenders.length)
  const line = Promise.withResolvers<void>()
  const running = contenders.map(async (run) => {
    await line.promise
    return run()
  })
  line.resolve()
  return Promise.allSettled(running)
}

export const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))

/** How often each thing happened: `ok`, or the reason of the refusal. */
export const outcomes = (results: readonly PromiseSettledResult<unknown>[]) => {
  const counts: Record<string, number> = {}
  for (const result of results) {
    const outcome =
      result.status === 'fulfilled'
        ? 'ok'
        : ((result.reason as { cause?: { reason?: string } }).cause?.reason ?? String(result.reason))
    counts[outcome] = (counts[outcome] ?? 0) + 1
  }
  return counts
}
