import { describe, expect, it } from 'vitest'
import { cellsOf, matchesOf, neighbourOf, placesOf, type UnitGrid } from './grid.ts'

const floor = (height: number | null, ...ids: string[]) => ({
  floor: height,
  units: ids.map((id) => ({
    id,
    number: id,
    type: id.startsWith('p') ? ('parking' as const) : ('apartment' as const),
    unitTypeId: null,
    state: id === 'a1' ? ('connected' as const) : ('empty' as const),
  })),
})

/** Two buildings; the first has two entrances of different height. */
const grid: UnitGrid = {
  buildings: [
    {
      id: 'A',
      name: 'A',
      entrances: [
        { id: 'A1', number: '1', floors: [floor(3, 'a5'), floor(2, 'a3', 'a4'), floor(1, 'a1', 'a2')] },
        { id: 'A2', number: '2', floors: [floor(1, 'a6', 'a7')] },
      ],
    },
    { id: 'E', name: 'E', entrances: [] },
    { id: 'B', name: 'B', entrances: [{ id: null, number: null, floors: [floor(1, 'b1'), floor(-1, 'p1')] }] },
  ],
}
const places = placesOf(grid)
const from = (id: string, ...keys: string[]) =>
  keys.reduce<string | undefined>((at, key) => (at === undefined ? at : neighbourOf(grid, places.get(at)!, key)), id)

describe('keys', () => {
  it('go along a floor and on into the next entrance at the same height, or the nearest', () => {
    expect(from('a1', 'ArrowRight')).toBe('a2')
    expect(from('a2', 'ArrowRight')).toBe('a6')
    expect(from('a5', 'ArrowRight')).toBe('a6')
    expect(from('a6', 'ArrowLeft')).toBe('a2')
    expect(from('a1', 'ArrowLeft')).toBeUndefined()
    expect(from('a7', 'ArrowRight')).toBeUndefined()
  })

  it('go from floor to floor and on into the next building, past an empty one', () => {
    expect(from('a4', 'ArrowUp')).toBe('a5')
    expect(from('a5', 'ArrowDown')).toBe('a3')
    expect(from('a5', 'ArrowUp')).toBeUndefined()
    expect(from('a2', 'ArrowDown')).toBe('b1')
    expect(from('b1', 'ArrowUp')).toBe('a1')
    expect(from('p1', 'ArrowDown')).toBeUndefined()
  })

  it('jump to the ends of a floor and of an entrance', () => {
    expect(from('a2', 'Home')).toBe('a1')
    expect(from('a3', 'End')).toBe('a4')
    expect(from('a2', 'PageUp')).toBe('a5')
    expect(from('a5', 'PageDown')).toBe('a1')
    expect(from('a5', 'x')).toBeUndefined()
  })
})

describe('a filter', () => {
  const found = (filter: Partial<Parameters<typeof matchesOf>[1]>) => {
    const matches = matchesOf(grid, { q: '', state: undefined, type: '', ...filter })
    return matches && [...matches]
  }
  it('leaves in the light what matches all of it', () => {
    expect(found({})).toBeNull()
    expect(found({ q: 'A1' })).toEqual(['a1'])
    expect(found({ state: 'connected' })).toEqual(['a1'])
    expect(found({ type: 'parking' })).toEqual(['p1'])
    expect(found({ type: 'parking', state: 'connected' })).toEqual([])
  })
})

it('lists every unit once with its place', () => {
  expect(cellsOf(grid).map(({ id }) => id)).toEqual(['a5', 'a3', 'a4', 'a1', 'a2', 'a6', 'a7', 'b1', 'p1'])
  expect(cellsOf(grid)[5]).toMatchObject({ building: 'A', entrance: '2', floor: 1 })
})
