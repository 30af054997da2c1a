import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import postgres from 'postgres'

export const ROLES = { owner: 'servai_owner', app: 'servai_app', system: 'servai_system' } as const

export type Provisioning = {
  database: string
  passwords: Record<keyof typeof ROLES, string>
}

/** Advisory lock of the admin database: two instances provisioning together take turns. */
const PROVISION_LOCK = 7_355_101

/**
 * Creates what a migration cannot: the three roles, the database owned by `servai_owner`, the schema of the queue.
 * Safe to repeat; a repeat sets the passwords anew and takes back rights that a role must not have.
 *
 * @param adminUrl a superuser, or a login with CREATEROLE and CREATEDB; its database is any existing one.
 */
export const provision = async (adminUrl: string, { database, passwords }: Provisioning) => {
  const admin = postgres(adminUrl, { max: 1, onnotice: () => {} })
  try {
    await admin`select pg_advisory_lock(${PROVISION_LOCK})`
    for (const key of ['owner', 'app', 'system'] as const) await ensureRole(admin, ROLES[key], passwords[key])
    const memberships = await joinRoles(admin)
    await ensureDatabase(admin, database)

    const inside = postgres(adminUrl, { max: 1, onnotice: () => {}, database })
    try {
      await arrangeSchemas(inside)
      await closeLargeObjects(inside)
    } finally {
      await inside.end()
    }
    await closeNeighbours(admin)
    for (const role of memberships) await admin.unsafe(`revoke ${role} from current_user`)
  } finally {
    await admin.end()
  }
}

const ATTRIBUTES = 'nosuperuser nobypassrls nocreatedb nocreaterole noreplication login'

const ensureRole = async (admin: postgres.Sql, role: string, password: string) => {
  const [existing] = await admin<{ isPlain: boolean }[]>`
    select not (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication) and rolcanlogin as "isPlain"
    from pg_roles where rolname = ${role}`
  if (!existing) await admin.unsafe(`create role ${role} ${ATTRIBUTES}`)
  // Only a superuser may name these attributes in ALTER ROLE, even to switch them off.
  else if (!existing.isPlain) await admin.unsafe(`alter role ${role} ${ATTRIBUTES}`)
  await admin.unsafe(`alter role ${role} password ${quoteLiteral(scramVerifier(password))}`)
}

/** A login that is no superuser may give away objects only to roles it belongs to. */
const joinRoles = async (admin: postgres.Sql) => {
  const [self] = await admin<{ isSuperuser: boolean }[]>`
    select rolsuper as "isSuperuser" from pg_roles where rolname = current_user`
  if (self?.isSuperuser) return []
  const joined = [ROLES.owner, ROLES.system]
  for (const role of joined) await admin.unsafe(`grant ${role} to current_user`)
  return joined
}

const ensureDatabase = async (admin: postgres.Sql, database: string) => {
  const name = quoteIdentifier(database)
  const [existing] = await admin<{ owner: string; encoding: string }[]>`
    select pg_get_userbyid(datdba) as owner, pg_encoding_to_char(encoding) as encoding
    from pg_database where datname = ${database}`
  if (existing && existing.encoding !== 'UTF8') {
    throw new Error(`database ${database} is encoded in ${existing.encoding}; servAI needs UTF8`)
  }
  if (!existing) await admin.unsafe(`create database ${name} owner ${ROLES.owner} encoding 'UTF8' template template0`)
  else if (existing.owner !== ROLES.owner) await admin.unsafe(`alter database ${name} owner to ${ROLES.owner}`)

  // One message is one transaction: no moment in which a running server may not connect. BullMQ opens with
  // `create schema if not exists`, which asks for the right to create even where the schema exists.
  await admin.unsafe(`
    revoke all on database ${name} from public, ${ROLES.app}, ${ROLES.system};
    grant connect on database ${name} to ${ROLES.app}, ${ROLES.system};
    grant create on database ${name} to ${ROLES.system};
  `)
}

const arrangeSchemas = async (inside: postgres.Sql) => {
  await inside.unsafe(`
    alter schema public owner to ${ROLES.owner};
    revoke all on schema public from public, ${ROLES.app}, ${ROLES.system};
    grant usage on schema public to ${ROLES.app}, ${ROLES.system};
    create schema if not exists bullmq authorization ${ROLES.system};
    revoke all on schema bullmq from public, ${ROLES.app};
  `)
}

/**
 * What PUBLIC may do in every cluster unless told otherwise: enter the databases beside ours, keep large objects in ours,
 * which know no row-level security. Taken back where this login may do so.
 */
const closeNeighbours = async (admin: postgres.Sql) => {
  const open = await admin<{ name: string }[]>`
    select datname as name from pg_database
    where datname in ('postgres', 'template1') and pg_has_role(current_user, datdba, 'usage')
      and has_database_privilege('servai_app', oid, 'connect')`
  for (const { name } of open) await admin.unsafe(`revoke connect on database ${quoteIdentifier(name)} from public`)
}

const closeLargeObjects = (inside: postgres.Sql) =>
  inside.unsafe(`
    do $$
    declare routine regprocedure;
    begin
      for routine in
        select oid::regprocedure from pg_proc
        where pronamespace = 'pg_catalog'::regnamespace and proname ~ '^(lo_.*|loread|lowrite)$'
          and pg_has_role(current_user, proowner, 'usage') and has_function_privilege('${ROLES.app}', oid, 'execute')
      loop
        execute format('revoke execute on function %s from public', routine);
      end loop;
    end $$`)

/** The verifier the server would store itself: so no statement log and no `pg_stat_activity` ever holds a password. */
const scramVerifier = (password: string) => {
  const iterations = 4096
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256')
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest()
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${hmac('Server Key').toString('base64')}`
}

const quoteIdentifier = (name: string) => `"${name.replaceAll('"', '""')}"`
const quoteLiteral = (text: string) => `'${text.replaceAll("'", "''")}'`

/**
 * Reads the roles' passwords and the database name out of the three login URLs.
 *
 * @throws Error where a URL is missing, names another role, or the URLs name different databases.
 */
export const provisioningOf = (urls: Record<keyof typeof ROLES, string | undefined>): Provisioning => {
  const parsed = Object.entries(ROLES).map(([key, role]) => {
    // Object.entries widens the keys of ROLES to string.
    const url = urls[key as keyof typeof ROLES]
    if (!url) throw new Error(`the URL of ${role} is not set`)
    const { username, password, pathname } = new URL(url)
    if (decodeURIComponent(username) !== role) throw new Error(`the URL meant for ${role} signs in as ${username}`)
    if (!password) throw new Error(`the URL of ${role} carries no password`)
    return { key, password: decodeURIComponent(password), database: pathname.slice(1) }
  })
  const [database, ...others] = new Set(parsed.map((one) => one.database))
  if (!database || others.length > 0) throw new Error('the three database URLs must name one and the same database')
  // The keys are those of ROLES, taken from it above.
  const passwords = Object.fromEntries(parsed.map((one) => [one.key, one.password])) as Provisioning['passwords']
  return { database, passwords }
}

// By file name, because in a bundle this module shares the entry's own URL.
if (process.argv[1]?.endsWith('provision.ts')) {
  const { POSTGRES_ADMIN_URL, DATABASE_OWNER_URL, DATABASE_URL, DATABASE_SYSTEM_URL } = process.env
  if (!POSTGRES_ADMIN_URL) throw new Error('POSTGRES_ADMIN_URL is not set')
  const provisioning = provisioningOf({ owner: DATABASE_OWNER_URL, app: DATABASE_URL, system: DATABASE_SYSTEM_URL })
  await provision(POSTGRES_ADMIN_URL, provisioning)
  process.stdout.write(`roles and database ${provisioning.database} are in place\n`)
}
