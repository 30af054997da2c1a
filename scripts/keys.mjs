// `pnpm keys new | status | reencrypt`: keys of the rings, what still needs which, and moving secrets to the newest.
import { attachDatabase } from './database.mjs'
import { CommandError, runQuietly } from './progress.mjs'
import { childEnvironment, loadSecrets, openDataDirectory } from './settings.mjs'

const KEYS = ['--disable-warning=ExperimentalWarning', 'apps/server/src/keys/main.ts']

const run = async (args, env) => {
  try {
    process.stdout.write(await runQuietly(process.execPath, [...KEYS, ...args], { env }))
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    // It has said what is wrong.
    process.stdout.write(error.output)
    process.exitCode = 1
  }
}

export default async (args) => {
  if (args[0] !== 'status' && args[0] !== 'reencrypt') return run(args, process.env)
  const dataDir = openDataDirectory()
  const { keys, passwords } = loadSecrets(dataDir)
  let server
  const hold = (_name, starting) => {
    server = starting
  }
  try {
    const urls = await attachDatabase({ dataDir, passwords, onStarting: hold })
    return await run(args, { ...process.env, ...childEnvironment({ keys, urls }) })
  } finally {
    await (await server)?.stop()
  }
}
