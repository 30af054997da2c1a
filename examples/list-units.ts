// SERVAI_EMAIL=… SERVAI_PASSWORD=… node examples/list-units.ts: every unit of the company, page by page.
import { createServaiClient, ServaiError } from '@servai/client'

const { SERVAI_URL = 'http://localhost:3000', SERVAI_EMAIL = '', SERVAI_PASSWORD = '' } = process.env
const servai = createServaiClient({ url: SERVAI_URL })

try {
  const { contexts } = await servai.signIn(SERVAI_EMAIL, SERVAI_PASSWORD)
  const staff = contexts.find(({ kind }) => kind === 'staff')
  if (!staff) throw new Error(`${SERVAI_EMAIL} works for no company`)
  const { units } = servai.as(staff.key).api.property

  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await units.list.query({ limit: 100, ...(cursor && { cursor }) })
    for (const { complex, building, number, type } of page.items)
      console.log(`${complex.name}, ${building.name}, ${number}: ${type}`)
    cursor = page.nextCursor
  }
  await servai.signOut()
} catch (error) {
  console.error(error instanceof ServaiError ? `${error.reason} (request ${error.requestId})` : error)
  process.exitCode = 1
}
