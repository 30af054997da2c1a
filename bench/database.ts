import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createAccessTokens } from '@servai/auth/access-token'
import { parseKeyRing } from '@servai/auth/key-ring'
import { migrate } from '@servai/db/migrate'
import { provision, ROLES } from '@servai/db/provision'
import { seedLarge } from '@servai/db/seed/large'
import { hashSeedPassword } from '@servai/db/seed/password'
import postgres from 'postgres'
import { startPostgres } from '../scripts/postgres.mjs'

const DATABASE = 'servai_bench'
const FLOOR = 'servai_bench_floor'
const IMPORT = 'servai_bench_import'
/** 19 MiB of argon2id need no help; the rest of a small server's memory is PostgreSQL's. */
const SETTINGS = { shared_buffers: '512MB', max_connections: '100', jit: 'off' }

export type Keys = Record<
  'JWT_KEYS' | 'REFRESH_KEYS' | 'TOKEN_KEYS' | 'FACTOR_KEYS' | 'PASSWORD_PEPPER_KEYS' | 'AUDIT_KEYS',
  string
>

type Wanted = { dataDir: string; reuse: boolean; keys: Keys; isImported: boolean }

/** Starts PostgreSQL (or takes that of BENCH_ADMIN_URL) and fills it with the big customer, unless `reuse` finds it there. */
export const prepareDatabase = async ({ dataDir, reuse, keys, isImported }: Wanted) => {
  const given = process.env.BENCH_ADMIN_URL
  const server = given
    ? { adminUrl: given, stop: async () => {} }
    : await startPostgres({ dataDir, settings: SETTINGS })
  const admin = postgres(server.adminUrl, { max: 1, onnotice: () => undefined })
  const passwords = { owner: randomPassword(), app: randomPassword(), system: randomPassword() }
  const urlOf = (role: keyof typeof ROLES, database = DATABASE) =>
    Object.assign(new URL(server.adminUrl), {
      username: ROLES[role],
      password: passwords[role],
      pathname: `/${database}`,
    }).href
  const urlsOf = (database: string) => ({
    DATABASE_URL: urlOf('app', database),
    DATABASE_SYSTEM_URL: urlOf('system', database),
  })

  const [existing] = await admin`select from pg_database where datname = ${DATABASE}`
  const isKept = reuse && existing !== undefined
  if (existing && !isKept) await admin.unsafe(`drop database ${DATABASE} with (force)`)
  await provision(server.adminUrl, { database: DATABASE, passwords })
  await migrate(urlOf('owner'))
  if (!isKept) await seedLarge({ ownerUrl: urlOf('owner'), passwordHash: await hashSeedPassword(keys) })

  await admin.unsafe(`drop database if exists ${FLOOR} with (force)`)
  const people = await addDirectors(urlOf('system'))
  await analyze(urlOf('owner'))
  await admin.unsafe(`create database ${FLOOR} template ${DATABASE}`)
  const floorUrl = Object.assign(new URL(server.adminUrl), { pathname: `/${FLOOR}` }).href
  await tearWallsDown(floorUrl)
  await admin.unsafe(`drop database if exists ${IMPORT} with (force)`)
  if (isImported) {
    await admin.unsafe(`create database ${IMPORT} template ${DATABASE}`)
    await provision(server.adminUrl, { database: IMPORT, passwords })
  }
  const [version] = await admin<{ server_version: string }[]>`show server_version`
  await admin.end()

  return {
    urls: urlsOf(DATABASE),
    /** Of a copy for what leaves tens of thousands of rows behind; only where `isImported`. */
    importUrls: urlsOf(IMPORT),
    floorUrl,
    ...people,
    postgresVersion: version!.server_version,
    settings: given ? {} : SETTINGS,
    stop: server.stop,
  }
}

/** Of base64url letters only; the server refuses what looks like an example. */
const randomPassword = () => randomBytes(24).toString('hex')

const DIRECTORS = { big: 2000, middle: 600 }

/** Many directors of the same company, each with a session: the limits count by person. */
const addDirectors = async (systemUrl: string) => {
  const sql = postgres(systemUrl, { max: 1 })
  const enrol = async (name: keyof typeof DIRECTORS, registrationNumber: string) => {
    const [company] = await sql<
      { id: string }[]
    >`select id from companies where registration_number = ${registrationNumber}`
    const companyId = company!.id
    const nonce = randomBytes(16).toString('base64url')
    await sql`
      insert into users (id, email, email_key, first_name, last_name, locale, email_verified_at)
      select gen_random_uuid(), email, email, 'Bench', 'Director', 'en', now()
      from generate_series(1, ${DIRECTORS[name]}) n cross join lateral (select ${name} || n || '@bench.servai.example' as email) e
      on conflict do nothing`
    await sql`
      insert into role_grants (id, user_id, role, company_id)
      select gen_random_uuid(), id, 'director', ${companyId} from users where email_key ~ ${`^${name}[0-9]+@bench`}
      on conflict do nothing`
    const sessions = await sql<{ userId: string; sessionId: string; tokenVersion: number }[]>`
      insert into sessions (id, user_id, delivery, nonce, key_id, expires_at, idle_seconds, address_prefix, user_agent)
      select gen_random_uuid(), id, 'body', ${nonce}, 'k1', now() + interval '1 day', 86400, '127.0.0.0/24', 'servai-bench'
      from users where email_key ~ ${`^${name}[0-9]+@bench`}
      returning id as "sessionId", user_id as "userId",
        (select token_version from users u where u.id = user_id) as "tokenVersion"`
    return { companyId, sessions }
  }
  try {
    const big = await enrol('big', 'LARGE-001')
    const middle = await enrol('middle', 'LARGE-002')
    return { big, middle }
  } finally {
    await sql.end()
  }
}

const tearWallsDown = async (floorUrl: string) => {
  const sql = postgres(floorUrl, { max: 1, onnotice: () => undefined })
  await sql.unsafe(`
    do $$ declare t record; begin
      for t in select tablename from pg_tables where schemaname = 'public' loop
        execute format('alter table %I disable row level security', t.tablename);
        execute format('alter table %I no force row level security', t.tablename);
        execute format('alter table %I disable trigger user', t.tablename);
      end loop;
    end $$`)
  await sql.end()
  await analyze(floorUrl)
}

const analyze = async (url: string) => {
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  await sql`vacuum analyze`
  await sql.end()
}

export type Prepared = Awaited<ReturnType<typeof prepareDatabase>>

export const signTokens = (sessions: Prepared['big']['sessions'], keys: Keys, issuer: string) => {
  const options = { keys: parseKeyRing(keys.JWT_KEYS), issuer, audience: 'servai-api', ttlSeconds: 6 * 3600 }
  const { sign } = createAccessTokens(options)
  return Promise.all(sessions.map((session) => sign(session)))
}

/** Units in the order of the list, as both sides have them now. */
export const unitsOf = async (url: string, companyId: string, range: { offset: number; limit: number }) => {
  const sql = postgres(url, { max: 1 })
  try {
    return await sql<{ id: string; version: number; key: string }[]>`
      select id, version, number_sort as key from units where company_id = ${companyId} and deleted_at is null
      order by number_sort, id offset ${range.offset} limit ${range.limit}`
  } finally {
    await sql.end()
  }
}

/** Kept beside the data, whose password hashes need the same pepper. */
export const loadKeys = (dataDir: string, reuse: boolean): Keys => {
  const file = path.join(dataDir, 'keys.json')
  if (reuse && existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Keys
  const ring = () => `k1:${randomBytes(32).toString('base64')}`
  const keys = {
    JWT_KEYS: ring(),
    REFRESH_KEYS: ring(),
    TOKEN_KEYS: ring(),
    FACTOR_KEYS: ring(),
    PASSWORD_PEPPER_KEYS: ring(),
    AUDIT_KEYS: ring(),
  }
  writeFileSync(file, JSON.stringify(keys), { mode: 0o600 })
  return keys
}
