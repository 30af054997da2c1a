// `pnpm cleanup [name...]`: what the worker removes every night, now; all of it, or what is named.
import { attachDatabase } from './database.mjs'
import { runQuietly, step } from './progress.mjs'
import { childEnvironment, loadSecrets, openDataDirectory } from './settings.mjs'

const CLEANUP = ['--disable-warning=ExperimentalWarning', 'apps/worker/src/cleanup.ts']

export default async (names) => {
  const dataDir = openDataDirectory()
  const { keys, passwords } = loadSecrets(dataDir)
  let server
  const hold = (_name, starting) => {
    server = starting
  }
  try {
    const urls = await attachDatabase({ dataDir, passwords, onStarting: hold })
    const env = { ...process.env, ...childEnvironment({ keys, urls }) }
    const printed = await step('Cleaning up', () => runQuietly(process.execPath, [...CLEANUP, ...names], { env }))
    process.stdout.write(printed)
  } finally {
    await (await server)?.stop()
  }
}
