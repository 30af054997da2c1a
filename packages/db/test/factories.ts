import { naturalKey } from '../../contract/src/natural-key.ts'
import { uuidv7 } from 'uuidv7'
import { afterAll, inject } from 'vitest'
import { createDatabase, type DatabaseOptions, type SystemDb } from '../src/index.ts'
import { buildings } from '../src/schema/buildings.ts'
import { claims } from '../src/schema/claims.ts'
import { companies } from '../src/schema/companies.ts'
import { complexes } from '../src/schema/complexes.ts'
import { entrances } from '../src/schema/entrances.ts'
import type { GrantRole } from '../src/schema/enums.ts'
import { roleGrants } from '../src/schema/grants.ts'
import { invites } from '../src/schema/invites.ts'
import { people } from '../src/schema/people.ts'
import { residencies } from '../src/schema/residencies.ts'
import { sessions } from '../src/schema/sessions.ts'
import { unitTypes } from '../src/schema/unit-types.ts'
import { units } from '../src/schema/units.ts'
import { users } from '../src/schema/users.ts'

export const databaseOptions = (overrides: Partial<DatabaseOptions> = {}): DatabaseOptions => ({
  appUrl: inject('databaseUrl'),
  systemUrl: inject('databaseSystemUrl'),
  appMax: 10,
  systemMax: 4,
  acquireTimeoutMs: 10_000,
  connectTimeoutMs: 5000,
  statementTimeoutMs: 10_000,
  lockTimeoutMs: 5000,
  idleInTransactionTimeoutMs: 10_000,
  ...overrides,
})

/** The database of this test run, as the product opens it; closed after the last test of the file. */
export const database = createDatabase(databaseOptions())
afterAll(() => database.close())

const insert = <T>(work: (db: SystemDb) => Promise<T[]>): Promise<T> =>
  database.system({}, 'write', async (db) => {
    const [row] = await work(db)
    if (!row) throw new Error('nothing was inserted')
    return row
  })

let count = 0
const next = () => ++count
const token = () => uuidv7().slice(-12)

export type Company = typeof companies.$inferSelect
export type Complex = typeof complexes.$inferSelect
export type Building = typeof buildings.$inferSelect
export type Entrance = typeof entrances.$inferSelect
export type Unit = typeof units.$inferSelect
export type Person = typeof people.$inferSelect
export type Residency = typeof residencies.$inferSelect
export type Invite = typeof invites.$inferSelect
export type Claim = typeof claims.$inferSelect
export type User = typeof users.$inferSelect
export type Session = typeof sessions.$inferSelect

export const buildCompany = (overrides: Partial<typeof companies.$inferInsert> = {}): Promise<Company> => {
  const name = `Company ${token()}`
  const values = {
    name,
    legalName: `${name} Ltd`,
    registrationNumber: token(),
    country: 'BG',
    currency: 'EUR',
    locale: 'en',
    timezone: 'Europe/Sofia',
    ...overrides,
  }
  return insert((db) => db.insert(companies).values(values).returning())
}

/** Each builder below makes the parent it is not given. */
export const buildComplex = async ({
  company,
  ...overrides
}: Partial<typeof complexes.$inferInsert> & { company?: { id: string } } = {}): Promise<Complex> => {
  const companyId = overrides.companyId ?? (company ?? (await buildCompany())).id
  const values = {
    name: `Complex ${next()}`,
    city: 'Varna',
    address: 'Morska 1',
    timezone: 'Europe/Sofia',
    ...overrides,
    companyId,
  }
  return insert((db) => db.insert(complexes).values(values).returning())
}

type Inside<Row, Parent extends string> = Partial<Omit<Row, Parent | 'companyId'>>

export const buildBuilding = async ({
  complex,
  ...overrides
}: Inside<typeof buildings.$inferInsert, 'complexId'> & { complex?: Complex } = {}): Promise<Building> => {
  const { companyId, id: complexId } = complex ?? (await buildComplex())
  const name = overrides.name ?? `B${next()}`
  const values = { nameSort: naturalKey(name), ...overrides, name, companyId, complexId }
  return insert((db) => db.insert(buildings).values(values).returning())
}

export const buildEntrance = async ({
  building,
  ...overrides
}: Inside<typeof entrances.$inferInsert, 'buildingId' | 'complexId'> & {
  building?: Building
} = {}): Promise<Entrance> => {
  const { companyId, complexId, id: buildingId } = building ?? (await buildBuilding())
  const number = overrides.number ?? String(next())
  const values = { numberSort: naturalKey(number), ...overrides, number, companyId, complexId, buildingId }
  return insert((db) => db.insert(entrances).values(values).returning())
}

export const buildUnit = async ({
  building,
  ...overrides
}: Inside<typeof units.$inferInsert, 'buildingId' | 'complexId'> & { building?: Building } = {}): Promise<Unit> => {
  const { companyId, complexId, id: buildingId } = building ?? (await buildBuilding())
  const number = overrides.number ?? String(next())
  const values = { numberSort: naturalKey(number), ...overrides, number, companyId, complexId, buildingId }
  return insert((db) => db.insert(units).values(values).returning())
}

export const buildUnitType = async ({
  company,
  ...overrides
}: Partial<Omit<typeof unitTypes.$inferInsert, 'companyId'>> & { company?: { id: string } } = {}) => {
  const companyId = (company ?? (await buildCompany())).id
  const values = { name: `Type ${token()}`, type: 'apartment' as const, ...overrides, companyId }
  return insert((db) => db.insert(unitTypes).values(values).returning())
}

export const buildPerson = async ({
  company,
  ...overrides
}: Partial<Omit<typeof people.$inferInsert, 'companyId'>> & { company?: { id: string } } = {}): Promise<Person> => {
  const companyId = (company ?? (await buildCompany())).id
  const values = {
    firstName: 'Maria',
    lastName: `Ivanova ${next()}`,
    email: `maria-${token()}@example.test`,
    phone: '+359 88 1234567',
    ...overrides,
    companyId,
  }
  return insert((db) => db.insert(people).values(values).returning())
}

/** An owner without a share, since 2020, unless told otherwise. */
export const buildResidency = async ({
  unit,
  person,
  ...overrides
}: Inside<typeof residencies.$inferInsert, 'unitId' | 'personId'> & {
  unit?: Unit
  person?: { id: string }
} = {}): Promise<Residency> => {
  const { companyId, id: unitId } = unit ?? (await buildUnit())
  const personId = (person ?? (await buildPerson({ company: { id: companyId } }))).id
  const values = { kind: 'owner' as const, startsOn: '2020-01-01', ...overrides, companyId, unitId, personId }
  return insert((db) => db.insert(residencies).values(values).returning())
}

/** For one owner, a week from now on, by a manager of the complex; its token is nobody's. */
export const buildInvite = async ({
  unit,
  ...overrides
}: Inside<typeof invites.$inferInsert, 'unitId'> & { unit?: Unit } = {}): Promise<Invite> => {
  const { companyId, complexId, id: unitId } = unit ?? (await buildUnit())
  const values = {
    kind: 'owner' as const,
    maxUses: 1,
    expiresAt: new Date(Date.now() + 7 * 86_400_000),
    tokenHash: token(),
    nonce: token(),
    keyId: 'test',
    ...overrides,
    createdBy: overrides.createdBy ?? (await buildManager(companyId, complexId)).id,
    companyId,
    unitId,
  }
  return insert((db) => db.insert(invites).values(values).returning())
}

const buildManager = async (companyId: string, complexId: string) => {
  const user = await buildUser()
  await buildGrant(user, 'complex_manager', { companyId, complexId })
  return user
}

export const buildClaim = async ({
  complex,
  ...overrides
}: Inside<typeof claims.$inferInsert, 'complexId' | 'userId'> & {
  complex?: Complex
  userId?: string
} = {}): Promise<Claim> => {
  const { companyId, id: complexId } = complex ?? (await buildComplex())
  const userId = overrides.userId ?? (await buildUser()).id
  const values = {
    firstName: 'Ana',
    lastName: 'Koleva',
    email: `ana-${token()}@example.test`,
    statedUnit: '12',
    kind: 'owner' as const,
    ...overrides,
    userId,
    companyId,
    complexId,
  }
  return insert((db) => db.insert(claims).values(values).returning())
}

/** An account with a proven address and no password. */
export const buildUser = (overrides: Partial<typeof users.$inferInsert> = {}): Promise<User> => {
  const email = overrides.email ?? `user-${token()}@example.test`
  const values = {
    email,
    emailKey: email.toLowerCase(),
    firstName: 'Ivan',
    lastName: 'Petrov',
    locale: 'en',
    emailVerifiedAt: new Date(),
    ...overrides,
  }
  return insert((db) => db.insert(users).values(values).returning())
}

export const buildGrant = (
  user: { id: string },
  role: GrantRole,
  scope: { companyId?: string; complexId?: string; expiresAt?: Date } = {},
) =>
  insert((db) =>
    db
      .insert(roleGrants)
      .values({ userId: user.id, role, ...scope })
      .returning({ id: roleGrants.id }),
  )

export const buildSession = (
  user: { id: string },
  overrides: Partial<Omit<typeof sessions.$inferInsert, 'userId'>> = {},
): Promise<Session> => {
  const values = {
    delivery: 'body' as const,
    nonce: 'AAAAAAAAAAAAAAAAAAAAAA',
    keyId: 'test',
    expiresAt: new Date(Date.now() + 86_400_000),
    idleSeconds: 86_400,
    addressPrefix: '127.0.0.0/24',
    userAgent: 'vitest',
    secondFactorAt: new Date(),
    ...overrides,
    userId: user.id,
  }
  return insert((db) => db.insert(sessions).values(values).returning())
}
