import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { writePrivate } from './postgres-place.mjs'
import { StartError } from './progress.mjs'

const { env } = process

/** Where the product listens: HOST (this machine only, unless told otherwise) and PORT. */
export const listenAddress = () => {
  const host = env.HOST || '127.0.0.1'
  const port = Number(env.PORT || 3000)
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new StartError(`PORT has to be a number from 1 to 65535, not "${env.PORT}".`)
  }
  return { host, port }
}

/** An earlier run that was killed lets go of its port within this time. */
const RELEASE_TIMEOUT_MS = 2000

/** @throws StartError where the address cannot be had */
export const requireFreePort = async () => {
  const { host, port } = listenAddress()
  let problem = await tryListening(host, port)
  for (const deadline = Date.now() + RELEASE_TIMEOUT_MS; problem?.code === 'EADDRINUSE' && Date.now() < deadline;) {
    await sleep(200)
    problem = await tryListening(host, port)
  }
  if (!problem) return
  const sentences = {
    EADDRINUSE: `Port ${port} is already taken: stop what listens there, or choose another one, e.g. PORT=${port + 1} npm start`,
    EACCES: `Port ${port} may not be used by this user: choose one above 1023, e.g. PORT=3000 npm start`,
  }
  throw new StartError(sentences[problem.code] ?? `Cannot listen on ${host}:${port}: ${problem.message}.`)
}

const tryListening = (host, port) =>
  new Promise((resolve) => {
    const probe = net.createServer().once('error', resolve)
    probe.listen({ host, port }, () => probe.close(() => resolve(undefined)))
  })

/**
 * The data folder, created where it is missing: DATA_DIR, or `.data` in the clone.
 *
 * @throws StartError where it cannot be written
 */
export const openDataDirectory = () => {
  const dir = path.resolve(env.DATA_DIR || '.data')
  try {
    fs.mkdirSync(path.join(dir, 'logs'), { recursive: true })
    fs.accessSync(dir, fs.constants.W_OK)
  } catch (cause) {
    throw new StartError(`The data folder ${dir} cannot be used: ${cause.message}. Choose another DATA_DIR.`, { cause })
  }
  return dir
}

const KEY_RINGS = ['JWT_KEYS', 'REFRESH_KEYS', 'TOKEN_KEYS', 'FACTOR_KEYS', 'PASSWORD_PEPPER_KEYS', 'AUDIT_KEYS']
const ROLES = ['owner', 'app', 'system']

/**
 * What the environment leaves open is made once and kept in `secrets.json` of the data folder.
 *
 * @returns {{ keys: Record<string, string>, passwords: Record<'owner' | 'app' | 'system', string> }}
 */
export const loadSecrets = (dataDir) => {
  const file = path.join(dataDir, 'secrets.json')
  const kept = fs.existsSync(file) ? parseSecrets(file) : {}
  const keys = { ...kept.keys }
  for (const name of KEY_RINGS) keys[name] ??= `k1:${randomBytes(32).toString('base64')}`
  const passwords = { ...kept.passwords }
  for (const role of ROLES) passwords[role] ??= randomBytes(24).toString('base64url')

  const secrets = { keys, passwords }
  if (JSON.stringify(secrets) !== JSON.stringify(kept)) writePrivate(file, `${JSON.stringify(secrets, null, 2)}\n`)
  return secrets
}

const parseSecrets = (file) => {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new StartError(`The data folder is broken: ${file} is not readable (${cause.message}).`, { cause })
  }
}

/**
 * The environment of server and worker; what the caller's own environment sets wins.
 *
 * @param {{ keys: Record<string, string>, urls: Record<string, string> }} generated
 */
export const childEnvironment = ({ keys, urls }) => {
  const { host, port } = listenAddress()
  const isLocal = ['127.0.0.1', 'localhost', '::1', '0.0.0.0', '::'].includes(host)
  const defaults = {
    NODE_ENV: 'development',
    APP_URL: `http://${isLocal ? 'localhost' : host}:${port}`,
    EMAIL_TRANSPORT: 'mailbox',
    WEB_ROOT: path.resolve('apps/web/dist'),
    ...keys,
  }
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  return { ...defaults, ...given, ...urls, HOST: host, PORT: String(port) }
}
