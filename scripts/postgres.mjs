// Embedded PostgreSQL: binaries from npm, one cluster per data folder, 127.0.0.1 only, a password of its own.
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertOwner, choosePlace, locateBinaries, writePrivate } from './postgres-place.mjs'
import { StartError } from './progress.mjs'
import { isAlive, sameProcess, startMark } from './process.mjs'

const STOP_TIMEOUT_MS = 25_000
const RELEASE_TIMEOUT_MS = 5000
const START_TIMEOUT_MS = 60_000

/**
 * Starts PostgreSQL on the cluster of `dataDir`, creating it on the first start and taking over from an orphan that a
 * killed parent left behind.
 *
 * @param {{ dataDir: string, port?: number, settings?: Record<string, string>, note?: (line: string) => void }} options
 *   `port`: a fixed one instead of the remembered or a free one; `settings`: further server parameters.
 * @returns {Promise<{ adminUrl: string, port: number, cluster: string, stop: () => Promise<void>, exited: Promise<number | null> }>}
 * @throws StartError for an unsupported platform and for a data folder that is broken, foreign, newer or in use.
 */
export const startPostgres = async ({ dataDir, port, settings = {}, note = () => {} }) => {
  const packaged = await locateBinaries()
  fs.mkdirSync(dataDir, { recursive: true })
  dataDir = fs.realpathSync(dataDir)
  const stateFile = path.join(dataDir, 'postgres.json')
  const state = readState(stateFile)
  const place = choosePlace(dataDir, state, packaged, note)
  const { cluster } = place

  checkCluster(cluster, packaged.version, state)
  await awaitEarlierLauncher(state, dataDir)
  await stopOrphan(cluster)

  if (!fs.existsSync(cluster)) {
    state.password = randomBytes(24).toString('base64url')
    writeState(stateFile, state)
    createCluster(place, state.password)
  }
  if (path.dirname(cluster) !== dataDir) state.cluster = cluster
  state.launcher = { pid: process.pid, mark: startMark(process.pid) }

  for (let attempt = 1; ; attempt++) {
    state.port = port ?? (await freePort(attempt === 1 ? state.port : undefined))
    writeState(stateFile, state)
    const server = await launch(place, state.port, settings)
    if (server) {
      return {
        adminUrl: `postgres://postgres:${state.password}@127.0.0.1:${state.port}/postgres`,
        port: state.port,
        cluster,
        exited: server.exited,
        kill: server.kill,
        lastLines: () => fs.readFileSync(place.log, 'utf8').trimEnd().split('\n').slice(-15).join('\n    '),
        stop: async () => {
          await server.stop()
          const { launcher: _released, ...rest } = state
          writeState(stateFile, rest)
        },
      }
    }
    const reason = lastFatal(place.log)
    const isPortTaken = /could not bind|could not create any TCP/.test(reason)
    if (!isPortTaken || port || attempt === 3) {
      throw new StartError(`PostgreSQL does not start on ${cluster}: ${reason} (log: ${place.log})`)
    }
  }
}

/** Port of the server that a running servAI has started on this data folder; undefined while none runs. */
export const runningPort = (dataDir) => {
  const { launcher, port } = readState(path.join(dataDir, 'postgres.json'))
  return launcher && sameProcess(launcher) ? port : undefined
}

/** Stops what still runs on a data folder whose launcher was killed, and removes the folder. */
export const clearAbandoned = async (dataDir) => {
  const state = readState(path.join(dataDir, 'postgres.json'))
  if (!state.launcher || sameProcess(state.launcher)) return
  const cluster = state.cluster ?? path.join(dataDir, 'postgres')
  await stopOrphan(cluster)
  for (const folder of [cluster, dataDir]) fs.rmSync(folder, { recursive: true, force: true })
}

const readState = (file) => {
  if (!fs.existsSync(file)) return {}
  assertOwner(file)
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new StartError(`The data folder is broken: ${file} is not readable (${cause.message}).`, { cause })
  }
}

const writeState = (file, state) => writePrivate(file, `${JSON.stringify(state, null, 2)}\n`)

const checkCluster = (cluster, version, state) => {
  if (!fs.existsSync(cluster)) {
    if (!state.cluster) return
    throw new StartError(`The data folder is broken: ${cluster}, named in postgres.json, is missing; restore it.`)
  }
  const versionFile = path.join(cluster, 'PG_VERSION')
  const found = fs.existsSync(versionFile) ? fs.readFileSync(versionFile, 'utf8').trim() : undefined
  const major = version.split('.')[0]
  const advice = 'restore it from a backup, move it away, or choose another DATA_DIR'
  if (!found) throw new StartError(`The data folder is broken: ${cluster} holds no PostgreSQL cluster; ${advice}.`)
  if (found !== major) {
    throw new StartError(`${cluster} was written by PostgreSQL ${found}, servAI brings ${major}: dump and restore it.`)
  }
  if (!state.password) {
    throw new StartError(`The data folder is broken: the password of ${cluster} (postgres.json) is missing; ${advice}.`)
  }
}

/** Another start on the same folder may just be ending; one that goes on is not disturbed. */
const awaitEarlierLauncher = async ({ launcher }, dataDir) => {
  if (!launcher || launcher.pid === process.pid) return
  for (const deadline = Date.now() + RELEASE_TIMEOUT_MS; sameProcess(launcher); await sleep(50)) {
    if (Date.now() < deadline) continue
    throw new StartError(`servAI already runs on ${dataDir} (process ${launcher.pid}): stop it first.`)
  }
}

/** A parent ended by kill -9 leaves its PostgreSQL running; nobody else holds this cluster, so it is stopped. */
const stopOrphan = async (cluster) => {
  const pidFile = path.join(cluster, 'postmaster.pid')
  if (!fs.existsSync(pidFile)) return
  const pid = Number.parseInt(fs.readFileSync(pidFile, 'utf8'), 10)
  if (!Number.isInteger(pid) || !isAlive(pid)) return
  if (!isPostgresOf(pid, cluster)) {
    fs.rmSync(pidFile)
    return
  }
  for (const signal of ['SIGINT', 'SIGQUIT']) {
    process.kill(pid, signal)
    for (const deadline = Date.now() + STOP_TIMEOUT_MS; Date.now() < deadline; await sleep(20)) {
      if (!isAlive(pid)) return
    }
  }
  throw new StartError(`An earlier PostgreSQL (process ${pid}) still holds ${cluster} and does not stop.`)
}

const isPostgresOf = (pid, cluster) => {
  const command =
    process.platform === 'linux'
      ? fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      : spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout
  return command.includes('postgres') && command.includes(`-D ${cluster} `)
}

const LOCALE = process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'
/** pg_trgm takes letters from LC_CTYPE of the C library, not from the provider: with plain C it drops Cyrillic. */
const INITDB = ['--encoding=UTF8', '--locale=C', `--lc-ctype=${LOCALE}`, '--locale-provider=builtin']
const ENV = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }

const createCluster = ({ cluster, native, identity }, password) => {
  const unfinished = `${cluster}.new`
  const passwordFile = `${cluster}.password`
  fs.rmSync(unfinished, { recursive: true, force: true })
  fs.mkdirSync(unfinished, { mode: 0o700 })
  fs.writeFileSync(passwordFile, password, { mode: 0o600 })
  if (identity.uid !== undefined) {
    for (const one of [unfinished, passwordFile]) fs.chownSync(one, identity.uid, identity.gid)
  }
  const made = spawnSync(
    path.join(native, 'bin', 'initdb'),
    [
      `--pgdata=${unfinished}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      ...INITDB,
    ].concat('--builtin-locale=C.UTF-8', '--data-checksums', '--no-instructions'),
    { ...identity, cwd: '/', env: ENV, encoding: 'utf8' },
  )
  fs.rmSync(passwordFile)
  if (made.status !== 0) {
    const reason = made.error?.message ?? made.stderr.trim().split('\n').at(-1)
    throw new StartError(`PostgreSQL could not create its data folder ${cluster}: ${reason}`)
  }
  fs.renameSync(unfinished, cluster)
}

/** @returns undefined when the server ended before it was ready. */
const launch = async ({ cluster, native, identity, log }, port, settings) => {
  const parameters = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings }
  const output = fs.openSync(log, 'w', 0o600)
  if (identity.uid !== undefined) fs.fchownSync(output, identity.uid, identity.gid)
  const child = spawn(
    path.join(native, 'bin', 'postgres'),
    ['-D', cluster, ...Object.entries(parameters).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    // A session of its own: Ctrl-C in the terminal must not stop it under the server that still drains.
    { ...identity, cwd: '/', env: ENV, stdio: ['ignore', output, output], detached: true },
  )
  fs.closeSync(output)
  const exited = new Promise((resolve) => {
    child.once('exit', (code) => resolve(code))
    child.once('error', () => resolve(null))
  })
  let isRunning = true
  void exited.then(() => (isRunning = false))

  const stop = async () => {
    if (isRunning) child.kill('SIGINT')
    const timer = setTimeout(() => child.kill('SIGQUIT'), STOP_TIMEOUT_MS)
    await exited
    clearTimeout(timer)
  }
  for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline && isRunning; await sleep(15)) {
    if (isReady(cluster, child.pid)) return { stop, exited, kill: () => void child.kill('SIGQUIT') }
  }
  await stop()
  return undefined
}

/** Line 8 of postmaster.pid carries the state of the server; pg_ctl waits on it as well. */
const isReady = (cluster, pid) => {
  try {
    const lines = fs.readFileSync(path.join(cluster, 'postmaster.pid'), 'utf8').split('\n')
    return Number(lines[0]) === pid && lines[7]?.trim() === 'ready'
  } catch {
    return false
  }
}

const lastFatal = (log) => {
  const lines = fs.readFileSync(log, 'utf8').trim().split('\n')
  const line = lines.findLast((one) => /FATAL|PANIC|could not/.test(one)) ?? lines.at(-1)
  return (line ?? '').replace(/^.*?(FATAL|PANIC|LOG|WARNING|HINT|ERROR):\s*/, '') || 'it ended without a word'
}

/** @param {number} [preferred] taken when nobody listens there. */
export const freePort = async (preferred = 0) => {
  const listen = (port) =>
    new Promise((resolve) => {
      const probe = net.createServer().once('error', () => resolve(undefined))
      probe.listen(port, '127.0.0.1', () => {
        const { port: bound } = probe.address()
        probe.close(() => resolve(bound))
      })
    })
  return (await listen(preferred)) ?? (await listen(0))
}
