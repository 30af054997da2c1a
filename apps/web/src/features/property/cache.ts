import type { InfiniteData } from '@tanstack/vue-query'
import { queryClient } from '../../session.ts'

type Page<Row> = { items: Row[]; nextCursor: string | null }
type Identified = { id: string }

export const PAGE_ROWS = 50

export const propertyKeys = (entity: string) => ({
  all: ['property', entity] as const,
  lists: ['property', entity, 'list'] as const,
  /** Every row under one parent, for a choice in a form or a filter. */
  options: (parentId = '') => ['property', entity, 'options', parentId] as const,
  one: (id: string) => ['property', entity, 'one', id] as const,
})

export type PropertyKeys = ReturnType<typeof propertyKeys>

/** Lists are pages of rows, choices are plain rows; whatever else is kept of an entity stays as it is. */
const inRows = <Row extends Identified>(keys: PropertyKeys, change: (rows: Row[]) => Row[]) =>
  queryClient.setQueriesData<Row[] | InfiniteData<Page<Row>> | Row>({ queryKey: keys.all }, (data) => {
    if (Array.isArray(data)) return change(data)
    if (!data || !('pages' in data)) return data
    return { ...data, pages: data.pages.map((page) => ({ ...page, items: change(page.items) })) }
  })

/** The counts of one page are made of the rows of another, so after a change all of it is read again. */
export const refreshProperty = () => void queryClient.invalidateQueries({ queryKey: ['property'] })

/** Shows a row that the server has just answered wherever it stands, before anything is read again. */
export const showRow = <Row extends Identified>(keys: PropertyKeys, row: Row) => {
  queryClient.setQueryData(keys.one(row.id), row)
  inRows<Row>(keys, (rows) => rows.map((other) => (other.id === row.id ? row : other)))
  refreshProperty()
}

/** A new row under its parent, where the choices of that parent are on the screen. */
export const addOption = <Row extends Identified>(keys: PropertyKeys, parentId: string, row: Row) =>
  queryClient.setQueryData<Row[]>(keys.options(parentId), (rows) => rows && [...rows, row])

/** Takes a row off every list at once; the answer puts it back. */
export const hideRow = (keys: PropertyKeys, id: string) => {
  const before = queryClient.getQueriesData({ queryKey: keys.all })
  inRows<Identified>(keys, (rows) => rows.filter((row) => row.id !== id))
  return () => before.forEach(([key, data]) => queryClient.setQueryData(key, data))
}

/** A row that some list holds already: a page can show it while it asks for the newest one. */
export const listedRow = <Row extends Identified>(keys: PropertyKeys, id: string): Row | undefined =>
  queryClient
    .getQueriesData<InfiniteData<Page<Row>>>({ queryKey: keys.lists })
    .flatMap(([, data]) => data?.pages.flatMap((page) => page.items) ?? [])
    .find((row) => row.id === id)

const MAX_PAGES = 20

/** All rows of a list that is known to be short: the complexes of a company, the entrances of a building. */
export const everyRow = async <Row>(fetch: (cursor: string | undefined) => Promise<Page<Row>>): Promise<Row[]> => {
  const rows: Row[] = []
  let cursor: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const { items, nextCursor } = await fetch(cursor)
    rows.push(...items)
    if (!nextCursor) break
    cursor = nextCursor
  }
  return rows
}
