// `pnpm audit:verify [--company <id>] [--anchor <file>]`: whether the audit log is as it was sealed; else exit code 1.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { attachDatabase } from './database.mjs'
import { childEnvironment, loadSecrets, openDataDirectory } from './settings.mjs'

const VERIFY = ['--disable-warning=ExperimentalWarning', 'apps/worker/src/audit-verify.ts']

export default async (args) => {
  const dataDir = openDataDirectory()
  const { keys, passwords } = loadSecrets(dataDir)
  let server
  const hold = (_name, starting) => {
    server = starting
  }
  try {
    const urls = await attachDatabase({ dataDir, passwords, onStarting: hold })
    const env = { ...process.env, ...childEnvironment({ keys, urls }) }
    const child = spawn(process.execPath, [...VERIFY, ...args], { env, stdio: 'inherit' })
    const [code] = await once(child, 'exit')
    process.exitCode = code ?? 2
  } finally {
    await (await server)?.stop()
  }
}
