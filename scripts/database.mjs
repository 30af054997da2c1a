import fs from 'node:fs'
import postgres from 'postgres'
import { runningPort, startPostgres } from './postgres.mjs'
import { note, runQuietly, StartError, step } from './progress.mjs'

const ACCOUNTS = new URL('../packages/db/src/seed/demo-accounts.ts', import.meta.url)

/**
 * Brings the database to where the product can start on it: the one of DATABASE_URL, or an embedded PostgreSQL with
 * roles and database of its own; then migrations, and the demo data while nobody has an account.
 *
 * @param {{ dataDir: string, passwords: Record<string, string>, keys: Record<string, string>, onStarting: (name: string, server: Promise<any>) => void }} options
 * @returns {Promise<{ urls: Record<string, string>, demo?: { people: { email: string, role: string, company?: string }[], password: string } }>}
 */
export const prepareDatabase = async ({ dataDir, passwords, keys, onStarting }) => {
  const urls = process.env.DATABASE_URL ? externalUrls() : await startEmbedded({ dataDir, passwords, onStarting })
  const { migrate } = await import('../packages/db/src/migrate.ts')
  await step('Migrating the database', () => reachable(() => migrate(urls.DATABASE_OWNER_URL)))
  return { urls, demo: await seedDemo(urls, keys) }
}

/**
 * The database as it stands, for a command that works beside the product or without it: the one of DATABASE_URL, or
 * the embedded one, which is started where nobody runs it.
 *
 * @param {{ dataDir: string, passwords: Record<string, string>, onStarting: (name: string, server: Promise<any>) => void }} options
 * @returns {Promise<Record<'DATABASE_URL' | 'DATABASE_SYSTEM_URL' | 'DATABASE_OWNER_URL', string>>}
 */
export const attachDatabase = async ({ dataDir, passwords, onStarting }) => {
  if (process.env.DATABASE_URL) return externalUrls()
  const port = runningPort(dataDir)
  return port ? embeddedUrls(port, passwords) : startEmbedded({ dataDir, passwords, onStarting })
}

const URL_NAMES = ['DATABASE_URL', 'DATABASE_SYSTEM_URL', 'DATABASE_OWNER_URL']

const externalUrls = () => {
  const missing = URL_NAMES.filter((name) => !process.env[name])
  if (missing.length > 0) throw new StartError(`DATABASE_URL is set, so ${missing.join(' and ')} must be set as well.`)
  return Object.fromEntries(URL_NAMES.map((name) => [name, process.env[name]]))
}

const startEmbedded = async ({ dataDir, passwords, onStarting }) => {
  const { provision } = await import('../packages/db/src/provision.ts')
  const server = await step('Starting PostgreSQL', () => {
    const starting = startPostgres({ dataDir, note })
    onStarting('database', starting)
    return starting
  })
  await step('Preparing roles and database', () => provision(server.adminUrl, { database: 'servai', passwords }))
  return embeddedUrls(server.port, passwords)
}

const embeddedUrls = async (port, passwords) => {
  const { ROLES } = await import('../packages/db/src/provision.ts')
  const urlOf = (role) => `postgres://${ROLES[role]}:${passwords[role]}@127.0.0.1:${port}/servai`
  return { DATABASE_URL: urlOf('app'), DATABASE_SYSTEM_URL: urlOf('system'), DATABASE_OWNER_URL: urlOf('owner') }
}

const reachable = async (work) => {
  try {
    return await work()
  } catch (error) {
    if (!['ECONNREFUSED', 'ENOTFOUND', 'CONNECT_TIMEOUT', '28P01', '3D000'].includes(error.code)) throw error
    throw new StartError(`The database of DATABASE_OWNER_URL cannot be used: ${error.message}.`, { cause: error })
  }
}

const seedDemo = async (urls, keys) => {
  if (process.env.NODE_ENV === 'production' || !fs.existsSync(ACCOUNTS)) return undefined
  const { DEMO_ACCOUNTS, DEMO_PASSWORD } = await import(ACCOUNTS.href)
  const sql = postgres(urls.DATABASE_SYSTEM_URL, { max: 1 })
  try {
    const [found] = await sql`
      select exists (select from users) as "hasUsers",
             exists (select from users where email_key = ${DEMO_ACCOUNTS[0].email}) as "hasDemo"`
    if (!found.hasUsers) {
      const seed = ['--disable-warning=ExperimentalWarning', 'packages/db/src/seed/demo.ts']
      // Passwords are hashed as the server does it, with the pepper of the keys.
      const env = { ...keys, ...process.env, ...urls }
      await step('Seeding demo data', () => runQuietly(process.execPath, seed, { env }))
    }
    return !found.hasUsers || found.hasDemo ? { people: DEMO_ACCOUNTS, password: DEMO_PASSWORD } : undefined
  } finally {
    await sql.end()
  }
}
