import type { buildings } from '../schema/buildings.ts'
import type { companies } from '../schema/companies.ts'
import type { complexes } from '../schema/complexes.ts'
import type { entrances } from '../schema/entrances.ts'
import type { UnitType } from '../schema/enums.ts'
import type { units } from '../schema/units.ts'
import { DEMO_COMPANIES, DEMO_COMPLEXES } from './demo-accounts.ts'
import type { Language } from './names.ts'
import type { Random } from './random.ts'

export type Row<Table extends { $inferInsert: unknown }> = Table['$inferInsert']
type Owned<Table extends { $inferInsert: { companyId?: string | undefined; id?: string | undefined } }> = Row<Table> & {
  companyId: string
  id: string
}

/** Everything was entered on one morning, a millisecond after the other. */
const FIRST_MOMENT = Date.parse('2026-02-02T07:00:00Z')

export const createIds = (random: Random) => {
  let moment = FIRST_MOMENT
  return () => random.uuid(new Date(moment++))
}

type BuildingPlan = {
  name: string
  address: string
  floors: number
  entrances: readonly string[]
  /** Homes on each floor of each entrance; the last one is a studio on every second floor. */
  homesPerFloor: number
  shops: number
  parking: number
  storage: number
}
type ComplexPlan = {
  name: string
  city: string
  address: string
  languages: readonly Language[]
  buildings: readonly BuildingPlan[]
}

const { lozenets, sea, quay } = DEMO_COMPLEXES

const COMPANIES = [
  {
    name: DEMO_COMPANIES.dvor,
    legalName: 'Дом и Двор ЕООД',
    registrationNumber: '200000017',
    vatNumber: 'BG200000017',
    country: 'BG',
    currency: 'EUR',
    locale: 'bg',
    timezone: 'Europe/Sofia',
    address: 'ул. „Златен рог“ 22, 1407 София',
  },
  {
    name: DEMO_COMPANIES.northbank,
    legalName: 'Northbank Residential Ltd',
    registrationNumber: '09000042',
    vatNumber: 'GB900000042',
    country: 'GB',
    currency: 'GBP',
    locale: 'en',
    timezone: 'Europe/London',
    address: '4 Quay Street, London E14 9ZZ',
  },
] as const

const COMPLEXES: Record<string, readonly ComplexPlan[]> = {
  [DEMO_COMPANIES.dvor]: [
    {
      name: lozenets,
      city: 'София',
      address: 'бул. „Черни връх“ 51',
      languages: ['bg', 'bg', 'bg', 'ru'],
      buildings: [
        {
          name: '1',
          address: 'бул. „Черни връх“ 51, бл. 1',
          floors: 8,
          entrances: ['А', 'Б'],
          homesPerFloor: 3,
          shops: 4,
          parking: 20,
          storage: 10,
        },
        {
          name: '2',
          address: 'бул. „Черни връх“ 51, бл. 2',
          floors: 6,
          entrances: ['А', 'Б'],
          homesPerFloor: 3,
          shops: 2,
          parking: 14,
          storage: 8,
        },
      ],
    },
    {
      name: sea,
      city: 'Варна',
      address: 'бул. „Приморски“ 18',
      languages: ['bg', 'ru', 'ru', 'en'],
      buildings: [
        {
          name: 'А',
          address: 'бул. „Приморски“ 18А',
          floors: 7,
          entrances: ['1', '2'],
          homesPerFloor: 3,
          shops: 3,
          parking: 12,
          storage: 6,
        },
        {
          name: 'Б',
          address: 'бул. „Приморски“ 18Б',
          floors: 5,
          entrances: ['1', '2'],
          homesPerFloor: 3,
          shops: 2,
          parking: 10,
          storage: 5,
        },
      ],
    },
  ],
  [DEMO_COMPANIES.northbank]: [
    {
      name: quay,
      city: 'London',
      address: '10 Northbank Quay',
      languages: ['en', 'en', 'en', 'ru', 'bg'],
      buildings: [
        {
          name: 'East Tower',
          address: '10 Northbank Quay',
          floors: 12,
          entrances: ['Main'],
          homesPerFloor: 6,
          shops: 4,
          parking: 14,
          storage: 0,
        },
        {
          name: 'West House',
          address: '12 Northbank Quay',
          floors: 6,
          entrances: ['North', 'South'],
          homesPerFloor: 3,
          shops: 2,
          parking: 12,
          storage: 8,
        },
      ],
    },
  ],
}

/** As `naturalKey` of the contract: digits are padded, letters are upper case. */
const numbered = (prefix: string, number: number) => ({
  number: `${prefix}${number}`,
  numberSort: `${prefix}${String(number).padStart(9, '0')}`,
})
const sortable = (name: string) => name.toUpperCase().replace(/\d+/g, (digits) => digits.padStart(9, '0'))

/** Area range of each type in square decimetres. */
const AREAS: Record<UnitType, [number, number]> = {
  apartment: [4_850, 12_400],
  studio: [2_600, 3_900],
  commercial: [3_500, 16_000],
  parking: [1_180, 1_420],
  storage: [280, 750],
}

export type HomeUnit = {
  companyId: string
  complexId: string
  id: string
  isHome: boolean
  languages: readonly Language[]
}

export type Registry = {
  companies: (Row<typeof companies> & { id: string; name: string })[]
  complexes: Owned<typeof complexes>[]
  buildings: Owned<typeof buildings>[]
  entrances: Owned<typeof entrances>[]
  units: Owned<typeof units>[]
  /** The same units, as people look for them. */
  homes: HomeUnit[]
}

/** Two companies with their complexes, buildings, entrances and units; the shares of a building add up to one. */
export const buildRegistry = (random: Random, nextId: () => string): Registry => {
  const registry: Registry = { companies: [], complexes: [], buildings: [], entrances: [], units: [], homes: [] }
  for (const particulars of COMPANIES) {
    const company = { id: nextId(), ...particulars }
    registry.companies.push(company)
    for (const plan of COMPLEXES[company.name] ?? []) {
      const { name, city, address } = plan
      const complex = { companyId: company.id, id: nextId(), name, city, address, timezone: company.timezone }
      registry.complexes.push(complex)
      for (const building of plan.buildings)
        addBuilding(
          registry,
          random,
          nextId,
          { companyId: company.id, complexId: complex.id },
          building,
          plan.languages,
        )
    }
  }
  return registry
}

type Place = { companyId: string; complexId: string }

const addBuilding = (
  registry: Registry,
  random: Random,
  nextId: () => string,
  place: Place,
  plan: BuildingPlan,
  languages: readonly Language[],
) => {
  const buildingId = nextId()
  const { name, address, floors } = plan
  registry.buildings.push({ ...place, id: buildingId, name, nameSort: sortable(name), address, floors })

  const drafts: { entranceId: string | null; type: UnitType; number: string; numberSort: string; floor: number }[] = []
  let home = 0
  for (const number of plan.entrances) {
    const entranceId = nextId()
    registry.entrances.push({ ...place, id: entranceId, buildingId, number, numberSort: sortable(number) })
    for (let floor = 1; floor <= floors; floor++)
      for (let door = 1; door <= plan.homesPerFloor; door++) {
        const type = door === plan.homesPerFloor && floor % 2 === 1 ? 'studio' : 'apartment'
        drafts.push({ entranceId, type, ...numbered('', ++home), floor })
      }
  }
  const prefixes = /[А-я]/.test(address)
    ? { shop: 'М', parking: 'П', storage: 'С' }
    : { shop: 'R', parking: 'P', storage: 'S' }
  const rest = [
    { type: 'commercial', prefix: prefixes.shop, count: plan.shops, floor: 0 },
    { type: 'parking', prefix: prefixes.parking, count: plan.parking, floor: -1 },
    { type: 'storage', prefix: prefixes.storage, count: plan.storage, floor: -2 },
  ] as const
  for (const { type, prefix, count, floor } of rest)
    for (let n = 1; n <= count; n++) drafts.push({ entranceId: null, type, ...numbered(prefix, n), floor })

  const areas = drafts.map(({ type }) => random.int(...AREAS[type]))
  const whole = areas.reduce((sum, area) => sum + area, 0)
  drafts.forEach((draft, index) => {
    const area = areas[index]!
    const id = nextId()
    registry.units.push({
      ...place,
      id,
      buildingId,
      ...draft,
      areaM2: (area / 100).toFixed(2),
      shareNumerator: area,
      shareDenominator: whole,
    })
    registry.homes.push({ ...place, id, isHome: draft.entranceId !== null, languages })
  })
}
