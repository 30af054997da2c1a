import type { UnitState } from '@servai/contract/unit-views'
import type { Outputs } from '../../api.ts'

export type UnitGrid = Outputs['property']['units']['grid']
export type GridBuilding = UnitGrid['buildings'][number]
export type GridEntrance = GridBuilding['entrances'][number]
export type GridCell = GridEntrance['floors'][number]['units'][number]

type Place = { building: number; entrance: number; floor: number; unit: number }

/** Where each unit stands. */
export const placesOf = ({ buildings }: UnitGrid): ReadonlyMap<string, Place> => {
  const places = new Map<string, Place>()
  for (const [building, { entrances }] of buildings.entries())
    for (const [entrance, { floors }] of entrances.entries())
      for (const [floor, { units }] of floors.entries())
        for (const [unit, { id }] of units.entries()) places.set(id, { building, entrance, floor, unit })
  return places
}

const within = (index: number, length: number) => Math.max(0, Math.min(index, length - 1))

/** The unit of a floor that is nearest to this position, counted from the left. */
const unitAt = (entrance: GridEntrance | undefined, floor: number, unit: number) => {
  const units = entrance?.floors[floor]?.units
  return units?.[within(unit, units.length)]?.id
}

/** On the floor of the same height, or the nearest one. */
const floorLike = (entrance: GridEntrance, height: number | null) => {
  const distances = entrance.floors.map(({ floor }) => Math.abs((floor ?? -1000) - (height ?? -1000)))
  return distances.indexOf(Math.min(...distances))
}

const besides = (building: GridBuilding, { entrance, floor }: Place, step: 1 | -1) => {
  const neighbour = building.entrances[entrance + step]
  if (!neighbour) return undefined
  const height = building.entrances[entrance]?.floors[floor]?.floor ?? null
  return unitAt(neighbour, floorLike(neighbour, height), step === 1 ? 0 : Number.MAX_SAFE_INTEGER)
}

/** Above the top floor stands the building before, below the lowest one the building after. */
const beyond = ({ buildings }: UnitGrid, { building, entrance, unit }: Place, step: 1 | -1) => {
  for (let at = building + step; buildings[at]; at += step) {
    const { entrances } = buildings[at]!
    const target = entrances[within(entrance, entrances.length)]
    if (target) return unitAt(target, step === 1 ? 0 : target.floors.length - 1, unit)
  }
  return undefined
}

/** The unit that a key leads to; `undefined` where there is none in that direction. */
export const neighbourOf = (grid: UnitGrid, place: Place, key: string): string | undefined => {
  const building = grid.buildings[place.building]
  const entrance = building?.entrances[place.entrance]
  const floor = entrance?.floors[place.floor]
  if (!building || !entrance || !floor) return undefined
  const { unit } = place
  switch (key) {
    case 'ArrowRight':
      return floor.units[unit + 1]?.id ?? besides(building, place, 1)
    case 'ArrowLeft':
      return floor.units[unit - 1]?.id ?? besides(building, place, -1)
    case 'ArrowDown':
      return unitAt(entrance, place.floor + 1, unit) ?? beyond(grid, place, 1)
    case 'ArrowUp':
      return unitAt(entrance, place.floor - 1, unit) ?? beyond(grid, place, -1)
    case 'Home':
      return floor.units[0]?.id
    case 'End':
      return floor.units.at(-1)?.id
    case 'PageUp':
      return unitAt(entrance, 0, unit)
    case 'PageDown':
      return unitAt(entrance, entrance.floors.length - 1, unit)
    default:
      return undefined
  }
}

export type FlatCell = GridCell & { building: string; entrance: string | null; floor: number | null }

/** One after the other, as a table shows them. */
export const cellsOf = ({ buildings }: UnitGrid): FlatCell[] =>
  buildings.flatMap((building) =>
    building.entrances.flatMap((entrance) =>
      entrance.floors.flatMap(({ floor, units }) =>
        units.map((unit) => ({ ...unit, building: building.name, entrance: entrance.number, floor })),
      ),
    ),
  )

export type GridFilter = { q: string; state: UnitState | undefined; type: string }

/** Of those that a filter leaves in the light; `null` where none is set. */
export const matchesOf = (grid: UnitGrid, { q, state, type }: GridFilter): ReadonlySet<string> | null => {
  if (!q && !state && !type) return null
  const start = q.toLocaleUpperCase()
  return new Set(
    cellsOf(grid).flatMap((cell) =>
      cell.number.toLocaleUpperCase().startsWith(start) &&
      (!state || cell.state === state) &&
      (!type || cell.type === type || cell.unitTypeId === type)
        ? [cell.id]
        : [],
    ),
  )
}
