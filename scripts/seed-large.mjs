// `pnpm seed:large`: the big customer, in the database of DATABASE_URL or in the embedded one, which must not be running.
import { prepareDatabase } from './database.mjs'
import { runQuietly, StartError, step } from './progress.mjs'
import { loadSecrets, openDataDirectory } from './settings.mjs'

const SEED = ['--disable-warning=ExperimentalWarning', 'packages/db/src/seed/large.ts']

export default async () => {
  const dataDir = openDataDirectory()
  const secrets = loadSecrets(dataDir)
  let server
  const hold = (_name, starting) => {
    server = starting
  }
  try {
    const { urls } = await prepareDatabase({ dataDir, ...secrets, onStarting: hold })
    const env = { ...secrets.keys, ...process.env, ...urls }
    const printed = await step('Seeding the big customer', () => runQuietly(process.execPath, SEED, { env })).catch(
      explain,
    )
    process.stdout.write(`  ${printed}`)
  } finally {
    await (await server)?.stop()
  }
}

const explain = (error) => {
  throw /is in this database already/.test(error.output ?? '') ? new StartError(error.output.trim()) : error
}
