import type { people } from '../schema/people.ts'
import type { residencies } from '../schema/residencies.ts'
import type { HomeUnit, Row } from './demo-registry.ts'
import { latin, pickFamily, type Language, type Name } from './names.ts'
import type { Random } from './random.ts'

const PEOPLE = 700

type Person = Row<typeof people> & { companyId: string; id: string }
type Residency = Row<typeof residencies> & { unitId: string; personId: string }
export type Population = { people: Person[]; residencies: Residency[] }

const day = (random: Random, from: number, to: number) => {
  const pad = (value: number) => String(value).padStart(2, '0')
  return `${random.int(from, to)}-${pad(random.int(1, 12))}-${pad(random.int(1, 28))}`
}

/** How many people each home gets: from nobody to six, and exactly `total` in all. */
const householdSizes = (random: Random, homes: number, total: number) => {
  const sizes = Array.from({ length: homes }, () => random.pick([0, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5]))
  let missing = total - sizes.reduce((sum, size) => sum + size, 0)
  while (missing !== 0) {
    const step = Math.sign(missing)
    const index = random.int(0, homes - 1)
    const size = sizes[index]! + step
    if (size < 0 || size > 6) continue
    sizes[index] = size
    missing -= step
  }
  return sizes
}

/**
 * 700 people of three languages: families of owners, tenants beside an owner who lives elsewhere, tenants who have
 * left, and owners of shops, parking places and storage rooms.
 */
export const buildPopulation = (random: Random, nextId: () => string, units: readonly HomeUnit[]): Population => {
  const population: Population = { people: [], residencies: [] }
  const homes = units.filter((unit) => unit.isHome)
  const sizes = householdSizes(random, homes.length, PEOPLE)

  homes.forEach((home, index) => {
    const size = sizes[index]!
    if (size > 0) settle(population, random, nextId, home, size)
  })
  for (const unit of units) if (!unit.isHome && random.chance(0.85)) sellToNeighbour(population, random, nextId, unit)
  return population
}

const addPerson = (population: Population, random: Random, nextId: () => string, home: HomeUnit, name: Name) => {
  const { companyId } = home
  const number = population.people.length + 1
  const address = `${latin(name.firstName)}.${latin(name.lastName)}${number}@residents.example`
  const person = {
    companyId,
    id: nextId(),
    ...name,
    email: random.chance(0.7) ? address : null,
    phone: random.chance(0.85) ? phoneNumber(random, home.languages[0] ?? 'en') : null,
  }
  population.people.push(person)
  return person
}

/** London's numbers come from the range that is kept for fiction. */
const phoneNumber = (random: Random, language: Language) =>
  language === 'en' ? `+447700900${random.int(100, 999)}` : `+35988${random.int(1_000_000, 9_999_999)}`

const settle = (population: Population, random: Random, nextId: () => string, home: HomeUnit, size: number) => {
  const { companyId, id: unitId } = home
  const isLet = size > 1 && random.chance(0.25)
  const hasLeft = !isLet && size > 2 && random.chance(0.2)
  const language = random.pick(home.languages)
  const live = (name: Name, residency: Omit<Residency, 'companyId' | 'id' | 'unitId' | 'personId'>) => {
    const { id: personId } = addPerson(population, random, nextId, home, name)
    population.residencies.push({ companyId, id: nextId(), unitId, personId, ...residency })
  }
  const whole = { shareNumerator: 1, shareDenominator: 1, verifiedLevel: 'owner_proved' } as const
  const bought = day(random, 2012, 2022)

  if (isLet) {
    const [landlord] = pickFamily(random, random.pick(home.languages), 1)
    live(landlord!, { kind: 'owner', ...whole, startsOn: bought })
    const startsOn = day(random, 2023, 2025)
    const endsOn = random.chance(0.3) ? day(random, 2028, 2030) : null
    pickFamily(random, language, size - 1).forEach((name, index) =>
      live(name, { kind: index === 0 ? 'tenant' : 'family', startsOn, endsOn, verifiedLevel: 'verified' }),
    )
    return
  }
  if (hasLeft) {
    const [tenant] = pickFamily(random, random.pick(home.languages), 1)
    const endsOn = day(random, 2020, 2024)
    live(tenant!, { kind: 'tenant', startsOn: day(random, 2013, 2019), endsOn, verifiedLevel: 'verified' })
  }
  const family = pickFamily(random, language, hasLeft ? size - 1 : size)
  const owners = family.length > 1 && random.chance(0.6) ? 2 : 1
  const parts =
    owners === 1
      ? [[1, 1]]
      : random.chance(0.8)
        ? [
            [1, 2],
            [1, 2],
          ]
        : [
            [2, 3],
            [1, 3],
          ]
  family.forEach((name, index) => {
    const part = parts[index]
    if (part)
      live(name, {
        kind: 'owner',
        shareNumerator: part[0]!,
        shareDenominator: part[1]!,
        startsOn: bought,
        verifiedLevel: random.chance(0.8) ? 'owner_proved' : 'verified',
      })
    else live(name, { kind: 'family', startsOn: bought, verifiedLevel: random.chance(0.6) ? 'verified' : 'unverified' })
  })
}

const sellToNeighbour = (population: Population, random: Random, nextId: () => string, unit: HomeUnit) => {
  const { companyId } = unit
  const neighbours = population.people.filter((person) => person.companyId === companyId)
  const { id: personId } = random.pick(neighbours)
  population.residencies.push({
    companyId,
    id: nextId(),
    unitId: unit.id,
    personId,
    kind: 'owner',
    shareNumerator: 1,
    shareDenominator: 1,
    startsOn: day(random, 2014, 2024),
    verifiedLevel: 'owner_proved',
  })
}
