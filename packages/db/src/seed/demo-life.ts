import { deriveToken, hashToken, newNonce } from '@servai/auth/one-time-token'
import type { KeyRing } from '@servai/auth/key-ring'
import type { claims } from '../schema/claims.ts'
import type { invites } from '../schema/invites.ts'
import type { users } from '../schema/users.ts'
import { DEMO_COMPANIES } from './demo-accounts.ts'
import type { Population } from './demo-people.ts'
import { createIds, type Registry, type Row } from './demo-registry.ts'
import { createRandom } from './random.ts'

const SEED = 20_260_203
const INVITE_DAYS = 30
const DAY_MS = 86_400_000

type Asking = { company: string; firstName: string; lastName: string; building: string; unit: string; message: string }

const ASKING: readonly Asking[] = [
  {
    company: DEMO_COMPANIES.dvor,
    firstName: 'Калина',
    lastName: 'Стоева',
    building: 'А',
    unit: 'ап. 14',
    message: 'Купихме апартамента през октомври, нотариалният акт е у мен.',
  },
  {
    company: DEMO_COMPANIES.dvor,
    firstName: 'Олег',
    lastName: 'Мельников',
    building: '',
    unit: 'кв. 31, 5 этаж',
    message: '',
  },
  {
    company: DEMO_COMPANIES.northbank,
    firstName: 'Hannah',
    lastName: 'Reid',
    building: 'East Tower',
    unit: 'Flat 37',
    message: 'I moved in on Monday, the letting agent is Harbour Lets.',
  },
]

export type Life = {
  users: Row<typeof users>[]
  invites: Row<typeof invites>[]
  claims: Row<typeof claims>[]
}

/**
 * What makes the homes look lived in: residents who have accounts (without a password: nobody signs in as them), invites
 * into homes that stand empty, and people who ask for theirs.
 *
 * @param directors account of each company's director, by the company's name
 */
export const buildLife = (
  population: Population,
  { companies, complexes, homes }: Registry,
  directors: ReadonlyMap<string, string>,
  tokenKeys: KeyRing,
): Life => {
  const random = createRandom(SEED)
  const nextId = createIds(random)
  const life: Life = { users: [], invites: [], claims: [] }
  const nameOf = new Map(companies.map(({ id, name }) => [id, name]))
  const localeOf = (companyId: string) => (nameOf.get(companyId) === DEMO_COMPANIES.northbank ? 'en' : 'bg')
  const emailVerifiedAt = new Date('2026-03-02T08:00:00Z')

  const living = population.residencies.filter(({ endsOn }) => !endsOn)
  const inhabitants = new Set(living.map(({ personId }) => personId))
  for (const person of population.people) {
    if (person.userId || !person.email || !inhabitants.has(person.id) || !random.chance(0.6)) continue
    const { email, firstName, lastName, companyId } = person
    person.userId = nextId()
    const locale = localeOf(companyId)
    life.users.push({ id: person.userId, email, emailKey: email, firstName, lastName, locale, emailVerifiedAt })
  }

  const inhabited = new Set(living.map(({ unitId }) => unitId))
  for (const { companyId, id: unitId, isHome } of homes) {
    if (!isHome || inhabited.has(unitId) || !random.chance(0.6)) continue
    const [id, nonce, { kid }] = [nextId(), newNonce(), tokenKeys.current]
    life.invites.push({
      companyId,
      id,
      unitId,
      kind: 'owner',
      maxUses: 1,
      expiresAt: new Date(Date.now() + INVITE_DAYS * DAY_MS),
      tokenHash: hashToken(deriveToken(tokenKeys, { purpose: 'resident_invite', id, nonce, kid })),
      nonce,
      keyId: kid,
      createdBy: directors.get(nameOf.get(companyId)!)!,
    })
  }

  for (const { company, firstName, lastName, building, unit, message } of ASKING) {
    const complex = complexes.find(({ companyId }) => nameOf.get(companyId) === company)!
    const userId = nextId()
    const email = `newcomer${life.claims.length + 1}@residents.example`
    life.users.push({
      id: userId,
      email,
      emailKey: email,
      firstName,
      lastName,
      locale: localeOf(complex.companyId),
      emailVerifiedAt,
    })
    life.claims.push({
      companyId: complex.companyId,
      id: nextId(),
      complexId: complex.id,
      userId,
      firstName,
      lastName,
      email,
      statedBuilding: building,
      statedUnit: unit,
      kind: 'owner',
      message,
    })
  }
  return life
}
