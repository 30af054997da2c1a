// SERVAI_API_KEY=servai_… node examples/units-with-a-key.ts: how many units of each type, as a program that nobody signs in.
import { createServaiClient, ServaiError } from '@servai/client'

const { SERVAI_URL = 'http://localhost:3000', SERVAI_API_KEY = '' } = process.env
const { api } = createServaiClient({ url: SERVAI_URL, apiKey: SERVAI_API_KEY })

try {
  const counts = new Map<string, number>()
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await api.property.units.list.query({ limit: 100, ...(cursor && { cursor }) })
    for (const { type } of page.items) counts.set(type, (counts.get(type) ?? 0) + 1)
    cursor = page.nextCursor
  }
  for (const [type, count] of counts) console.log(`${type}: ${count}`)
} catch (error) {
  console.error(error instanceof ServaiError ? `${error.reason} (request ${error.requestId})` : error)
  process.exitCode = 1
}
