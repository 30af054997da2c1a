import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { provision, provisioningOf, ROLES } from './provision.ts'

const adminUrl = inject('adminUrl')
const cleanUps: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const connect = (url: string | URL) => {
  const sql = postgres(String(url), { max: 1, onnotice: () => {} })
  cleanUps.push(() => sql.end())
  return sql
}

/** The passwords the test run itself signs in with: roles belong to the whole cluster. */
const passwords = {
  owner: new URL(inject('databaseOwnerUrl')).password,
  app: new URL(inject('databaseUrl')).password,
  system: new URL(inject('databaseSystemUrl')).password,
}

const freshDatabase = (name = `provision_${randomBytes(4).toString('hex')}`) => {
  const admin = connect(adminUrl)
  cleanUps.push(() => admin`drop database if exists ${admin(name)} with (force)`)
  const loginOf = (role: keyof typeof ROLES) =>
    Object.assign(new URL(adminUrl), { username: ROLES[role], password: passwords[role], pathname: `/${name}` })
  return { name, admin, loginOf }
}

describe('provision', () => {
  it('lets each role sign in to a database owned by servai_owner, and may be repeated', async () => {
    const { name, admin, loginOf } = freshDatabase()
    await provision(adminUrl, { database: name, passwords })
    await provision(adminUrl, { database: name, passwords })

    for (const role of ['owner', 'app', 'system'] as const) {
      expect(await connect(loginOf(role))`select current_user::text as "user"`).toEqual([{ user: ROLES[role] }])
    }
    expect(await admin`select pg_get_userbyid(datdba) as owner from pg_database where datname = ${name}`).toEqual([
      { owner: 'servai_owner' },
    ])
  })

  it('gives no role an attribute that passes row-level security', async () => {
    const { name, admin } = freshDatabase()
    await provision(adminUrl, { database: name, passwords })
    expect(
      await admin`select rolname from pg_roles where rolname like 'servai\\_%' and rolname = any(${Object.values(ROLES)})
        and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication or not rolcanlogin)`,
    ).toEqual([])
  })

  it('lets the owner create trusted extensions and tables, the others no table in public', async () => {
    const { name, loginOf } = freshDatabase()
    await provision(adminUrl, { database: name, passwords })

    const owner = connect(loginOf('owner'))
    await owner`create extension pg_trgm`
    await owner`create table public.units (id int)`
    for (const role of ['app', 'system'] as const) {
      const sql = connect(loginOf(role))
      await expect(sql`create table public.intruder (id int)`).rejects.toMatchObject({ code: '42501' })
      await expect(sql`select * from public.units`).rejects.toMatchObject({ code: '42501' })
    }
  })

  it('gives the schema of the queue to servai_system alone', async () => {
    const { name, loginOf } = freshDatabase()
    await provision(adminUrl, { database: name, passwords })

    const system = connect(loginOf('system'))
    await system`create schema if not exists bullmq`
    await system`create table bullmq.job (id int)`
    await expect(connect(loginOf('app'))`select * from bullmq.job`).rejects.toMatchObject({ code: '42501' })
    await expect(connect(loginOf('app'))`create schema intruder`).rejects.toMatchObject({ code: '42501' })
  })

  it('keeps every other login out of the database', async () => {
    const { name, admin } = freshDatabase()
    const stranger = `stranger_${randomBytes(4).toString('hex')}`
    await admin.unsafe(`create role ${stranger} login password 'stranger'`)
    cleanUps.push(() => admin.unsafe(`drop role ${stranger}`))
    await provision(adminUrl, { database: name, passwords })

    const url = Object.assign(new URL(adminUrl), { username: stranger, password: 'stranger', pathname: `/${name}` })
    await expect(connect(url)`select 1`).rejects.toMatchObject({ code: '42501' })
  })

  it.each(['owner', 'app', 'system'] as const)('keeps servai_%s out of the databases beside its own', async (role) => {
    const { name, loginOf } = freshDatabase()
    await provision(adminUrl, { database: name, passwords })
    for (const other of ['postgres', 'template1'])
      await expect(connect(Object.assign(loginOf(role), { pathname: `/${other}` }))`select 1`).rejects.toMatchObject({
        code: '42501',
      })
    expect(await connect(adminUrl)`select 1 as one`).toEqual([{ one: 1 }])
  })

  it.each(['app', 'system'] as const)(
    'lets servai_%s keep neither large objects nor temporary tables',
    async (role) => {
      const { name, loginOf } = freshDatabase()
      await provision(adminUrl, { database: name, passwords })
      const sql = connect(loginOf(role))
      for (const statement of [
        'select lo_create(0)',
        'select lo_creat(-1)',
        `select lo_from_bytea(0, 'kept')`,
        `select lo_put(1, 0, 'kept')`,
        'select lo_open(1, 131072)',
        `select lowrite(0, 'kept')`,
        `select lo_import('/etc/hostname')`,
        `select lo_export(1, '/tmp/kept')`,
        'create temp table kept (id int)',
      ])
        await expect(sql.unsafe(statement), statement).rejects.toMatchObject({ code: '42501' })
    },
  )

  it('works for a login that is no superuser, and leaves to others what that login may not take', async () => {
    const { name, admin, loginOf } = freshDatabase()
    const login = `provisioner_${randomBytes(4).toString('hex')}`
    await admin.unsafe(`create role ${login} login createrole createdb password 'provisioner'`)
    for (const role of Object.values(ROLES)) await admin.unsafe(`grant ${role} to ${login} with admin option`)
    await admin.unsafe(`create database ${name}_home owner ${login}`)
    cleanUps.push(async () => {
      await admin.unsafe(`drop database ${name}_home`)
      await admin.unsafe(`drop owned by ${login}; drop role ${login}`)
    })
    const url = Object.assign(new URL(adminUrl), {
      username: login,
      password: 'provisioner',
      pathname: `/${name}_home`,
    })
    await provision(url.href, { database: name, passwords })
    expect(await connect(loginOf('app'))`select 1 as one`).toEqual([{ one: 1 }])
  })

  it('takes over a database that another role made and left open', async () => {
    const { name, admin, loginOf } = freshDatabase()
    await admin.unsafe(`create database ${name}`)
    const inside = connect(Object.assign(new URL(adminUrl), { pathname: `/${name}` }))
    await provision(adminUrl, { database: name, passwords })
    await inside`grant create on schema public to public`

    await provision(adminUrl, { database: name, passwords })
    await expect(connect(loginOf('app'))`create table intruder (id int)`).rejects.toMatchObject({ code: '42501' })
    await connect(loginOf('owner'))`create table units (id int)`
  })

  it('stands two instances starting together', async () => {
    const { name, loginOf } = freshDatabase()
    await Promise.all(Array.from({ length: 4 }, () => provision(adminUrl, { database: name, passwords })))
    expect(await connect(loginOf('app'))`select 1 as one`).toEqual([{ one: 1 }])
  })

  it('quotes a database name that needs it', async () => {
    const { name, loginOf } = freshDatabase(`House-7_${randomBytes(4).toString('hex')}`)
    await provision(adminUrl, { database: name, passwords })
    expect(await connect(loginOf('app'))`select current_database() as name`).toEqual([{ name }])
  })
})

describe('provisioningOf', () => {
  const urls = {
    owner: 'postgres://servai_owner:o%2F1@db/servai',
    app: 'postgres://servai_app:a@db/servai',
    system: 'postgres://servai_system:s@db/servai',
  }

  it('reads database and decoded passwords', () => {
    expect(provisioningOf(urls)).toEqual({ database: 'servai', passwords: { owner: 'o/1', app: 'a', system: 's' } })
  })

  it.each([
    [{ ...urls, app: undefined }, 'the URL of servai_app is not set'],
    [{ ...urls, app: 'postgres://root:a@db/servai' }, 'the URL meant for servai_app signs in as root'],
    [{ ...urls, app: 'postgres://servai_app@db/servai' }, 'the URL of servai_app carries no password'],
    [
      { ...urls, app: 'postgres://servai_app:a@db/other' },
      'the three database URLs must name one and the same database',
    ],
  ])('refuses what it cannot use: %#', (given, message) => {
    expect(() => provisioningOf(given)).toThrow(message)
  })
})
