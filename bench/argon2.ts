// Bare argon2id: as many verifications at a time as the server allows itself, nothing else.
import { hash, verify } from '@node-rs/argon2'

const [lanes = 1, durationMs = 1000] = process.argv.slice(2).map(Number)
const stored = await hash('a password', {
  algorithm: 2,
  memoryCost: 19_456,
  timeCost: 2,
  parallelism: 1,
  outputLen: 32,
})
const until = performance.now() + durationMs
let count = 0
await Promise.all(
  Array.from({ length: lanes }, async () => {
    while (performance.now() < until) {
      await verify(stored, 'a password')
      count += 1
    }
  }),
)
process.send?.(count / (durationMs / 1000))
process.disconnect()
