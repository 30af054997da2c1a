import { parseKeyRing, type KeyRing } from '@servai/auth/key-ring'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { buildings } from '../schema/buildings.ts'
import { claims } from '../schema/claims.ts'
import { companies } from '../schema/companies.ts'
import { complexes } from '../schema/complexes.ts'
import { entrances } from '../schema/entrances.ts'
import { GRANT_ROLES, PLATFORM_ROLES, type GrantRole, type Role } from '../schema/enums.ts'
import { roleGrants } from '../schema/grants.ts'
import { invites } from '../schema/invites.ts'
import { people } from '../schema/people.ts'
import { residencies } from '../schema/residencies.ts'
import { platformSettings } from '../schema/settings.ts'
import { staffProfiles } from '../schema/staff.ts'
import { units } from '../schema/units.ts'
import { credentials, users } from '../schema/users.ts'
import { DEMO_ACCOUNTS, type DemoAccount } from './demo-accounts.ts'
import { buildLife } from './demo-life.ts'
import { buildPopulation, type Population } from './demo-people.ts'
import { buildRegistry, createIds, type Registry, type Row } from './demo-registry.ts'
import { hashSeedPassword } from './password.ts'
import { createRandom } from './random.ts'

const SEED = 20_260_202
/** Two instances that seed together take turns, and the second finds the work done. */
const LOCK = 7_306_114_921

/**
 * Fills an empty database with two companies, their homes and people, and accounts of every role; does nothing where
 * a company exists. The same rows on every machine, `passwordHash` apart.
 */
export const seedDemo = async ({
  systemUrl,
  passwordHash,
  tokenKeys,
}: {
  systemUrl: string
  passwordHash: string
  /** Those of the server: links of invites are derived from them. */
  tokenKeys: KeyRing
}) => {
  const client = postgres(systemUrl, { max: 1, onnotice: () => undefined })
  const rows = buildDemo(passwordHash, tokenKeys)
  const summary = Object.fromEntries(Object.entries(rows).map(([name, list]) => [name, list.length]))
  try {
    return await drizzle(client).transaction(async (tx) => {
      await tx.execute(`select pg_advisory_xact_lock(${LOCK})`)
      const existing = await tx.select({ id: companies.id }).from(companies).limit(1)
      if (existing.length > 0) return { seeded: false as const }
      // Whoever tries servAI out gets in with the password the README names.
      await tx
        .insert(platformSettings)
        .values({ key: 'security.staffSecondFactor', value: false })
        .onConflictDoNothing()
      await tx.insert(companies).values(rows.companies)
      await tx.insert(users).values(rows.users)
      await tx.insert(credentials).values(rows.credentials)
      await tx.insert(complexes).values(rows.complexes)
      await tx.insert(buildings).values(rows.buildings)
      await tx.insert(entrances).values(rows.entrances)
      await tx.insert(units).values(rows.units)
      await tx.insert(people).values(rows.people)
      await tx.insert(residencies).values(rows.residencies)
      await tx.insert(roleGrants).values(rows.roleGrants)
      await tx.insert(invites).values(rows.invites)
      await tx.insert(claims).values(rows.claims)
      for (const [userId, trade] of rows.trades)
        await tx.update(staffProfiles).set(trade).where(eq(staffProfiles.userId, userId))
      return { seeded: true as const, ...summary }
    })
  } finally {
    await client.end({ timeout: 5 })
  }
}

const buildDemo = (passwordHash: string, tokenKeys: KeyRing) => {
  const random = createRandom(SEED)
  const nextId = createIds(random)
  const { homes, ...registry } = buildRegistry(random, nextId)
  const population = buildPopulation(random, nextId, homes)
  const accounts = { users: [], credentials: [], roleGrants: [], trades: [] } as {
    users: Row<typeof users>[]
    credentials: Row<typeof credentials>[]
    roleGrants: Row<typeof roleGrants>[]
    /** What to write into the profiles that the grants have made. */
    trades: [userId: string, NonNullable<DemoAccount['trade']>][]
  }
  const taken = new Set<string>()

  for (const account of DEMO_ACCOUNTS) {
    const { email, firstName, lastName, locale } = account
    const userId = nextId()
    const emailVerifiedAt = new Date('2026-02-02T08:00:00Z')
    accounts.users.push({ id: userId, email, emailKey: email, firstName, lastName, locale, emailVerifiedAt })
    accounts.credentials.push({ userId, passwordHash })
    if (account.trade) accounts.trades.push([userId, account.trade])
    for (const capacity of [account, ...(account.also ?? [])]) {
      if (isGrant(capacity.role))
        accounts.roleGrants.push(grantOf(nextId(), userId, capacity.role, placeOf(registry, capacity)))
      else linkResident(population, registry, homes, account, capacity, userId, taken)
    }
  }
  const directors = new Map(
    DEMO_ACCOUNTS.flatMap(({ role, company, email }) => {
      const director = accounts.users.find((user) => user.email === email)
      return role === 'director' && company && director?.id ? [[company, director.id] as const] : []
    }),
  )
  const life = buildLife(population, { ...registry, homes }, directors, tokenKeys)
  return { ...registry, ...population, ...accounts, ...life, users: [...accounts.users, ...life.users] }
}

type Capacity = Pick<DemoAccount, 'role' | 'company' | 'complex'>

const isGrant = (role: Role): role is GrantRole => (GRANT_ROLES as readonly Role[]).includes(role)

const placeOf = (registry: Omit<Registry, 'homes'>, { company, complex }: Capacity) => ({
  companyId: registry.companies.find((one) => one.name === company)?.id ?? null,
  complexId: registry.complexes.find((one) => one.name === complex)?.id ?? null,
})

const grantOf = (id: string, userId: string, role: GrantRole, place: ReturnType<typeof placeOf>) =>
  (PLATFORM_ROLES as readonly Role[]).includes(role) ? { id, userId, role } : { id, userId, role, ...place }

/** The account takes over somebody who lives in the complex today: a tenant where it is meant to be one, else an owner. */
const linkResident = (
  population: Population,
  registry: Omit<Registry, 'homes'>,
  homes: Registry['homes'],
  account: DemoAccount,
  capacity: Capacity,
  userId: string,
  taken: Set<string>,
) => {
  const { complexId } = placeOf(registry, capacity)
  const dwellings = new Set(homes.filter((home) => home.isHome && home.complexId === complexId).map((home) => home.id))
  const kind = account.email.startsWith('tenant@') ? 'tenant' : 'owner'
  const residency = population.residencies.find(
    (one) => dwellings.has(one.unitId) && one.kind === kind && !one.endsOn && !taken.has(one.personId),
  )
  const person = population.people.find((one) => one.id === residency?.personId)
  if (!person) throw new Error(`nobody in ${capacity.complex} can be ${account.email}`)
  taken.add(person.id)
  const { email, firstName, lastName } = account
  Object.assign(person, { userId, email, firstName, lastName })
}

// By file name, because in a bundle this module shares the entry's own URL.
if (process.argv[1]?.endsWith('demo.ts')) {
  // oxlint-disable-next-line no-process-env
  const { env } = process
  if (!env.DATABASE_SYSTEM_URL) throw new Error('DATABASE_SYSTEM_URL is not set')
  const passwordHash = await hashSeedPassword(env)
  if (!env.TOKEN_KEYS) throw new Error('TOKEN_KEYS is not set')
  const tokenKeys = parseKeyRing(env.TOKEN_KEYS)
  const summary = await seedDemo({ systemUrl: env.DATABASE_SYSTEM_URL, passwordHash, tokenKeys })
  process.stdout.write(`${JSON.stringify(summary)}\n`)
}
