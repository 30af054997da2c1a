// The door of every command: `node scripts/run.mjs start`. Plain JavaScript without dependencies, for Node 18 and up.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { onParentGone } from './process.mjs'
import { reportFailure, runQuietly, StartError, step } from './progress.mjs'

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const SUPPORTED_NODE = '24'

const COMMANDS = {
  start: { needsBuild: true, module: './start.mjs' },
  dev: { needsBuild: false, module: './dev.mjs' },
  test: { needsBuild: true, module: './test.mjs' },
  verify: { needsBuild: false, module: './verify.mjs' },
  build: { needsBuild: true },
  bench: { needsBuild: true, module: '../bench/main.ts' },
  cleanup: { needsBuild: false, module: './cleanup.mjs' },
  'audit:verify': { needsBuild: false, module: './audit-verify.mjs' },
  keys: { needsBuild: false, module: './keys.mjs' },
  'seed:large': { needsBuild: false, module: './seed-large.mjs' },
}

const main = async ([name, ...args]) => {
  const command = COMMANDS[name]
  if (!command) throw new StartError(`Usage: node scripts/run.mjs ${Object.keys(COMMANDS).join(' | ')}`)
  process.chdir(ROOT)
  cleanEnvironment()
  const manifest = JSON.parse(fs.readFileSync('package.json', 'utf8'))
  if (!isNodeRecent(manifest.engines.node)) return rerunOnSupportedNode(name, args)

  if (fs.existsSync('.env')) process.loadEnvFile('.env')
  if (name === 'start') await (await import('./settings.mjs')).requireFreePort()
  await install(manifest.packageManager)
  if (command.needsBuild) await step('Building what changed', build)
  if (command.module) await (await import(command.module)).default(args)
  return undefined
}

/** npm hands its own settings to children; pnpm would take them for its own. Where packages come from has to stay. */
const cleanEnvironment = () => {
  const isRunByNpm = Boolean(process.env.npm_lifecycle_event)
  const isKept = (key) => /^npm_config_(registry|https?_proxy|proxy|noproxy|cafile|userconfig|globalconfig)$/i.test(key)
  for (const key of Object.keys(process.env)) {
    if (/^npm_/i.test(key) && !isKept(key)) delete process.env[key]
  }
  // Where npm is killed, what it started has to end as well; a shell that merely closes is another matter.
  if (isRunByNpm) process.env.SERVAI_FOLLOWS_PARENT = '1'
  process.env.TURBO_TELEMETRY_DISABLED = '1'
  if (!process.stdout.isTTY && !process.env.FORCE_COLOR) process.env.NO_COLOR = '1'
  const own = [path.join(ROOT, 'node_modules', '.bin'), path.dirname(process.execPath)]
  const inherited = (process.env.PATH ?? '').split(path.delimiter).filter((dir) => !own.includes(dir))
  process.env.PATH = [...own, ...inherited].join(path.delimiter)
}

const isNodeRecent = (range) => {
  const [wanted, found] = [range.replace('>=', ''), process.versions.node].map((one) => one.split('.').map(Number))
  const position = [0, 1, 2].find((index) => (wanted[index] ?? 0) !== found[index])
  return position === undefined || found[position] > (wanted[position] ?? 0)
}

/** The binary itself is started, not `npx`: one process less in the way of signals. */
const rerunOnSupportedNode = async (name, args) => {
  const binary = await step(`Bringing Node ${SUPPORTED_NODE} (this one is ${process.versions.node})`, async () => {
    const printed = await runQuietly('npx', ['-y', '-p', `node@${SUPPORTED_NODE}`, '-c', 'node -p process.execPath'])
    return printed.trim().split('\n').at(-1)
  })
  const env = { ...process.env, SERVAI_FOLLOWS_PARENT: '1' }
  const child = spawn(binary, [fileURLToPath(import.meta.url), name, ...args], { stdio: 'inherit', env })
  if (process.env.SERVAI_FOLLOWS_PARENT) onParentGone(() => child.kill())
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  process.exitCode = await new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)))
}

const STAMP = path.join('node_modules', '.servai-stamp')

const install = async (packageManager) => {
  const stamp = stampOf(['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...workspaceManifests()])
  if (fs.existsSync(STAMP) && fs.readFileSync(STAMP, 'utf8') === stamp) return
  await step('Installing packages', () => {
    const args = ['install', '--frozen-lockfile', '--prefer-offline', '--config.confirmModulesPurge=false']
    return runQuietly('npx', ['-y', packageManager, ...args])
  })
  fs.writeFileSync(STAMP, stamp)
}

const workspaceManifests = () => {
  const folders = ['apps', 'packages'].flatMap((parent) =>
    fs.readdirSync(parent).map((name) => path.join(parent, name)),
  )
  return [...folders, 'examples', 'bench']
    .map((folder) => path.join(folder, 'package.json'))
    .filter((file) => fs.existsSync(file))
}

const stampOf = (files) => {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}-${process.versions.modules}`)
  for (const file of files.sort()) hash.update(`\0${file}\0`).update(fs.readFileSync(file))
  return hash.digest('hex')
}

const build = () => runQuietly('turbo', ['run', 'build', '--output-logs=errors-only', '--log-order=grouped'])

try {
  await main(process.argv.slice(2))
} catch (error) {
  reportFailure(error)
  process.exitCode = 1
}
