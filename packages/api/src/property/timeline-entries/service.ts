import { sql } from 'drizzle-orm'
import type { z } from 'zod'
import {
  TIMELINE_ACTIONS,
  type timelineEntry,
  type TimelineAction,
  type TimelineField,
  type TimelineOf,
  type TimelineSubject,
} from '@servai/contract/timeline'
import type { CompanyDb, SystemDb } from '@servai/db'
import type { Author } from '../actors/service.ts'

type Values = Record<string, unknown>
type Entry = z.input<typeof timelineEntry>
type Shown = Entry['changes'][number]['after']

/** As PostgreSQL sends it: the instant is text. */
export type AuditRow = {
  id: number
  at: string
  actorId: string | null
  action: string
  entity: TimelineSubject
  entityId: string
  before: Values | null
  after: Values | null
}

/** What is told of each kind of row, in this order; a column that is not here is nobody's business. */
const FIELDS: Record<TimelineSubject, Record<string, TimelineField>> = {
  complexes: { name: 'name', city: 'city', address: 'address', timezone: 'timezone' },
  buildings: { name: 'name', address: 'address', floors: 'floors' },
  entrances: { number: 'number' },
  units: {
    number: 'number',
    building_id: 'building',
    entrance_id: 'entrance',
    type: 'type',
    unit_type_id: 'unitType',
    floor: 'floor',
    area_m2: 'areaM2',
    share_numerator: 'share',
  },
  people: {
    first_name: 'firstName',
    last_name: 'lastName',
    email: 'email',
    phone: 'phone',
    note: 'note',
    user_id: 'account',
  },
  residencies: {
    person_id: 'person',
    kind: 'kind',
    share_numerator: 'share',
    starts_on: 'startsOn',
    ends_on: 'endsOn',
    verified_level: 'verifiedLevel',
  },
  invites: {
    person_id: 'person',
    kind: 'kind',
    max_uses: 'maxUses',
    used_count: 'usedCount',
    expires_at: 'expiresAt',
  },
  settings: { value: 'value' },
}

/** Where the name of an id is found. */
const NAMED = {
  person_id: sql`select id, first_name || ' ' || last_name as name from people`,
  building_id: sql`select id, name from buildings`,
  entrance_id: sql`select id, number as name from entrances`,
  unit_type_id: sql`select id, name from unit_types`,
  unit_id: sql`select id, number as name from units`,
  complex_id: sql`select id, name from complexes`,
} as const
type NamedColumn = keyof typeof NAMED
const NAMED_COLUMNS = Object.keys(NAMED) as NamedColumn[]

/** The other end of what hangs on an entity, or its own name. */
const LABELS: Partial<Record<TimelineSubject, (entity: TimelineOf) => ReturnType<typeof sql>>> = {
  entrances: () => sql`select id, number as name from entrances`,
  settings: () => sql`select id, key as name from settings`,
  residencies: (entity) => linkLabel(sql`residencies`, entity),
  invites: (entity) => linkLabel(sql`invites`, entity),
}

const linkLabel = (table: ReturnType<typeof sql>, entity: TimelineOf) =>
  entity === 'person'
    ? sql`select l.id, u.number as name, b.name as building from ${table} l join units u on u.id = l.unit_id join buildings b on b.id = u.building_id`
    : sql`select l.id, p.first_name || ' ' || p.last_name as name from ${table} l join people p on p.id = l.person_id`

type Named = { id: string; name: string; building?: string }
type Names = ReadonlyMap<string, Named>

const readNames = async (
  db: CompanyDb | SystemDb,
  source: ReturnType<typeof sql>,
  ids: string[],
): Promise<[string, Named][]> => {
  if (ids.length === 0) return []
  const rows = await db.execute<Named>(
    sql`select * from (${source}) named where id = any (string_to_array(${ids.join(',')}, ',')::uuid[])`,
  )
  return [...rows].map((row) => [row.id, row])
}

type Changed = { before: Values | null; after: Values | null }

/** Of the column, and of its plural where a row holds several. */
const textsIn = (rows: readonly Changed[], column: string) =>
  rows
    .flatMap(({ before, after }) =>
      [before, after].flatMap((values) => [values?.[column], values?.[`${column}s`]].flat()),
    )
    .filter((value) => typeof value === 'string')

const readNamesIn = async (db: CompanyDb | SystemDb, rows: readonly Changed[]): Promise<Names> =>
  new Map(
    (await Promise.all(NAMED_COLUMNS.map((column) => readNames(db, NAMED[column], textsIn(rows, column))))).flat(),
  )

type Telling = { entity: TimelineOf; authorOf: (accountId: string | null) => Author }

/** Entries of the audit log as people read them: names instead of ids, fractions whole, nothing technical. */
export const presentEntries = async (
  db: CompanyDb,
  rows: readonly AuditRow[],
  { entity, authorOf }: Telling,
): Promise<Entry[]> => {
  const labelled = Object.entries(LABELS).map(([kind, source]) =>
    readNames(
      db,
      source(entity),
      rows.filter((row) => row.entity === kind).map((row) => row.entityId),
    ),
  )
  const [labels, nameOf] = await Promise.all([Promise.all(labelled), readNamesIn(db, rows)])
  const labelOf: Names = new Map(labels.flat())
  return rows.flatMap((row) => {
    const action = actionOf(row)
    const changes = changesOf(row, nameOf).filter(({ field }) => field !== 'person' || action !== 'create')
    if (action === null || (action === 'update' && changes.length === 0)) return []
    return {
      id: row.id,
      at: new Date(row.at).toISOString(),
      actor: authorOf(row.actorId),
      action,
      subject: {
        kind: row.entity,
        label: labelOf.get(row.entityId)?.name ?? null,
        building: labelOf.get(row.entityId)?.building ?? null,
      },
      changes: action === 'remove' || action === 'restore' ? [] : changes,
    }
  })
}

const actionOf = ({ action, entity, after }: AuditRow): TimelineAction | null => {
  const verb = action.split('.').at(-1)
  if (entity === 'invites' && verb === 'update') {
    if (after?.['revoked_at']) return 'revoke'
    if (after?.['used_count'] !== undefined) return 'accept'
  }
  if (verb === 'delete') return 'remove'
  return TIMELINE_ACTIONS.find((known) => known === verb) ?? null
}

const changesOf = ({ entity, before, after }: AuditRow, names: Names): Entry['changes'] =>
  Object.entries(FIELDS[entity]).flatMap(([column, field]) => {
    const [old, now] = [shown(column, before, names), shown(column, after, names)]
    return old === now ? [] : [{ field, before: old, after: now }]
  })

const shown = (column: string, values: Values | null, names: Names): Shown => {
  const value = values?.[column]
  if (value === undefined || value === null || value === '') return null
  if (column === 'user_id') return true
  if (column === 'share_numerator') return `${String(value)}/${String(values?.['share_denominator'])}`
  if (column in NAMED) return names.get(String(value))?.name ?? null
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}

type AnyRow = Changed & { entity: string | null }
const isSubject = (entity: string | null): entity is TimelineSubject => entity !== null && Object.hasOwn(FIELDS, entity)
/** The name of a column in what readers get. */
export const fieldOf = (table: string | null, column: string): string =>
  (isSubject(table) ? FIELDS[table][column] : undefined) ?? column

/** Told as one fraction with the numerator. */
const isTold = (column: string) => column !== 'share_denominator'

/**
 * All that changed, of any table: columns by the names that the timeline has for them, ids of the registry by name, what is
 * nested as JSON.
 */
export const presentValues = async <Row extends AnyRow>(db: CompanyDb | SystemDb, rows: readonly Row[]) => {
  const names = await readNamesIn(db, rows)
  return (row: Row) => {
    const { entity, before, after } = row
    const columns = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].filter(isTold)
    return columns.map((column) => ({
      field: fieldOf(entity, column),
      before: inFull(column, before, names),
      after: inFull(column, after, names),
    }))
  }
}

const inFull = (column: string, values: Values | null, names: Names): Shown => {
  const value = values?.[column]
  if (value === undefined || value === null) return null
  if (Array.isArray(value)) return JSON.stringify(value.map((each: unknown) => names.get(String(each))?.name ?? each))
  if (typeof value === 'object') return JSON.stringify(value)
  return (column === 'user_id' ? null : shown(column, values, names)) ?? String(value)
}
