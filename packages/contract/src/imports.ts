import { IMPORT_KINDS, IMPORT_ROW_STATES, IMPORT_STATUSES, UNIT_TYPES } from '@servai/db/schema/enums'
import { z } from 'zod'
import { decimal, id, line, page, version } from './fields.ts'
import { share } from './property.ts'
import { REASONS } from './reasons.ts'

export { IMPORT_KINDS, IMPORT_ROW_STATES, IMPORT_STATUSES }
export type ImportKind = (typeof IMPORT_KINDS)[number]
export type ImportStatus = (typeof IMPORT_STATUSES)[number]
export type ImportRowState = (typeof IMPORT_ROW_STATES)[number]

/** How long the rows of an import stay after it has ended, and with them the way back. */
export const IMPORT_ROWS_DAYS = 30

export const IMPORT_LIMITS = { bytes: 25_000_000, rows: 50_000, columns: 50 } as const

/** What the columns of a file can say, by kind. */
export const IMPORT_COLUMNS = {
  units: ['complex', 'building', 'entrance', 'floor', 'number', 'type', 'areaM2', 'share'],
  people: [
    'complex',
    'building',
    'entrance',
    'number',
    'name',
    'firstName',
    'lastName',
    'email',
    'phone',
    'kind',
    'share',
    'startsOn',
    'endsOn',
    'account',
  ],
} as const satisfies Record<ImportKind, readonly string[]>
export type UnitColumn = (typeof IMPORT_COLUMNS.units)[number]
export type PersonColumn = (typeof IMPORT_COLUMNS.people)[number]
export type ImportColumn = UnitColumn | PersonColumn

export const EVERY_IMPORT_COLUMN = [...new Set([...IMPORT_COLUMNS.units, ...IMPORT_COLUMNS.people])] as [
  ImportColumn,
  ...ImportColumn[],
]
const column = z.enum(EVERY_IMPORT_COLUMN)

/** Without which no row of a kind is good; of a person's name one column or both of its parts. */
export const missingColumns = (kind: ImportKind, mapping: Partial<Record<ImportColumn, unknown>>): ImportColumn[] => {
  const lacks = (name: ImportColumn) => mapping[name] === undefined
  const place = (['building', 'number'] as const).filter(lacks)
  if (kind === 'units') return [...place, ...(['areaM2'] as const).filter(lacks)]
  const isNamed = !lacks('name') || !(lacks('firstName') || lacks('lastName'))
  return isNamed ? place : [...place, 'name']
}

export const IMPORT_PROBLEMS = [
  'complex_missing',
  'complex_unknown',
  'building_missing',
  'number_missing',
  'number_too_long',
  'area_missing',
  'area_not_a_number',
  'area_not_positive',
  'floor_not_a_number',
  'type_unknown',
  'share_not_a_number',
  'share_above_whole',
  'shares_exceed_whole',
  'name_missing',
  'last_name_missing',
  'email_invalid',
  'email_missing',
  'phone_invalid',
  'kind_missing',
  'kind_unknown',
  'date_invalid',
  'ends_before_start',
  'account_unclear',
  'unit_unknown',
  'residency_overlaps',
  'other_name',
  'homes_elsewhere',
  'duplicate_in_file',
  'text_too_long',
] as const
export type ImportProblem = (typeof IMPORT_PROBLEMS)[number]

const problem = z.strictObject({
  column: column.nullable(),
  problem: z.enum(IMPORT_PROBLEMS),
  value: z.string(),
  /** The earlier row of the file that it collides with, which was kept. */
  sameAsRow: z.int().nullable(),
})
export type RowProblem = z.infer<typeof problem>

export const IMPORT_ACTIONS = ['map', 'start', 'cancel', 'undo'] as const

/** Rows of the file by state; then what applying it has come to so far. */
export const IMPORT_COUNTS = [
  'rows',
  'new',
  'changed',
  'unchanged',
  'refused',
  'skipped',
  'applied',
  'created',
  'updated',
  'buildingsCreated',
  'entrancesCreated',
  'peopleCreated',
  'peopleUpdated',
  /** Rows that turned out otherwise than the preview said, because somebody changed the registry in the meantime. */
  'different',
  /** Of the applied ones, those that are taken back so far. */
  'undone',
] as const
export type ImportCount = (typeof IMPORT_COUNTS)[number]

const count = z.int().min(0)
const counts = z.strictObject(
  // The keys are those of the list.
  Object.fromEntries(IMPORT_COUNTS.map((name) => [name, count])) as Record<ImportCount, typeof count>,
)
export type ImportCounts = z.infer<typeof counts>

const reason = z.enum(REASONS as [(typeof REASONS)[number], ...(typeof REASONS)[number][]])

const fields = {
  id,
  version,
  kind: z.enum(IMPORT_KINDS),
  /** NULL where a column of the file names the complex of each row. */
  complex: z.strictObject({ id, name: z.string() }).nullable(),
  status: z.enum(IMPORT_STATUSES),
  fileName: z.string(),
  fileBytes: z.int(),
  counts,
  /** Why it failed. */
  failure: reason.nullable(),
  isCancelling: z.boolean(),
  /** Under way, but no worker has given a sign of life for ten seconds. */
  isStalled: z.boolean(),
  createdAt: z.iso.datetime(),
  createdBy: z.strictObject({ name: z.string() }).nullable(),
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
  undoneAt: z.iso.datetime().nullable(),
  /** Why the last attempt to undo it came to nothing, with the number of rows that stood against it and the first of them. */
  undoRefusal: z.strictObject({ reason, changed: z.int().nullable(), rows: z.array(z.int()) }).nullable(),
  /** Of one that was applied: until when its rows are kept and it can be undone. */
  rowsUntil: z.iso.datetime().nullable(),
  areRowsGone: z.boolean(),
  allowed: z.array(z.enum(IMPORT_ACTIONS)),
}
export const importSummary = z.strictObject(fields)
export const importDetail = z.strictObject({
  ...fields,
  columns: z.array(
    z.strictObject({
      header: z.string(),
      /** The first few values below it. */
      samples: z.array(z.string()),
      /** What it was taken for. */
      column: column.nullable(),
    }),
  ),
  /** Columns that the file needs and nobody has found yet. */
  missing: z.array(column),
})
export const importPage = page(importSummary)

const pageInput = { cursor: z.string().max(512).optional(), limit: z.int().min(1).max(100).default(20) }

export const listImportsInput = z.strictObject({
  ...pageInput,
  kind: z.enum(IMPORT_KINDS).optional(),
  status: z.enum(IMPORT_STATUSES).optional(),
})

export const listImportRowsInput = z.strictObject({
  id,
  state: z.enum(IMPORT_ROW_STATES).optional(),
  ...pageInput,
})
const value = z.union([z.string(), z.number(), z.null()])
const change = z.tuple([value, value]).optional()

/** What a row can change of a unit, or of a person and their home. */
export const IMPORT_FIELDS = [
  'entrance',
  'floor',
  'type',
  'areaM2',
  'firstName',
  'lastName',
  'email',
  'phone',
  'kind',
  'share',
  'startsOn',
  'endsOn',
] as const
export type ImportField = (typeof IMPORT_FIELDS)[number]

export const importRow = z.strictObject({
  /** As the spreadsheet numbers it, from 1. */
  row: z.int(),
  state: z.enum(IMPORT_ROW_STATES),
  cells: z.array(z.string()),
  problems: z.array(problem),
  /** Old and new value of each field that applying the row changes. */
  changes: z.strictObject(
    // The keys are those of the list.
    Object.fromEntries(IMPORT_FIELDS.map((name) => [name, change])) as Record<ImportField, typeof change>,
  ),
})
export const importRowPage = page(importRow)

const index = z
  .int()
  .min(0)
  .max(IMPORT_LIMITS.columns - 1)
  .optional()

/** Index of the file's column for each thing it says; what is left out no column says. */
export const mapImportInput = z.strictObject({
  id,
  version: version.optional(),
  mapping: z
    .strictObject(
      // The keys are those of the list.
      Object.fromEntries(EVERY_IMPORT_COLUMN.map((name) => [name, index])) as Record<ImportColumn, typeof index>,
    )
    .refine((mapping) => new Set(Object.values(mapping)).size === Object.keys(mapping).length, {
      params: { code: 'column_twice' },
    }),
})
export const importInput = z.strictObject({ id, version: version.optional() })

/** Of an upload; in its query. */
export const uploadImportInput = z.strictObject({ kind: z.enum(IMPORT_KINDS), complexId: id.optional() })

export const unitUpsert = z.strictObject({
  created: z.int(),
  updated: z.int(),
  unchanged: z.int(),
  buildingsCreated: z.int(),
  entrancesCreated: z.int(),
})

/** What a file's rows come to, for programs: by building, entrance and number; what is NULL stays as it is. */
export const importUnitsInput = z.strictObject({
  complexId: id,
  rows: z
    .array(
      z.strictObject({
        building: line(60),
        entrance: line(20).nullable().default(null),
        number: line(20),
        type: z.enum(UNIT_TYPES).nullable().default(null),
        floor: z.int().min(-20).max(300).nullable().default(null),
        areaM2: decimal(10, 2)
          .refine((text) => Number(text) > 0, { params: { code: 'not_positive' } })
          .nullable()
          .default(null),
        share: share.nullable().default(null),
      }),
    )
    .min(1)
    .max(500)
    .refine((rows) => new Set(rows.map((each) => JSON.stringify([each.building, each.number]))).size === rows.length, {
      params: { code: 'duplicate_rows' },
    }),
})
export type UnitUpsertRow = z.output<typeof importUnitsInput>['rows'][number]
export type UnitUpsert = z.infer<typeof unitUpsert>
export type ImportSummary = z.infer<typeof importSummary>
export type ImportDetail = z.infer<typeof importDetail>
export type ImportRow = z.infer<typeof importRow>
export type ImportMapping = z.output<typeof mapImportInput>['mapping']
