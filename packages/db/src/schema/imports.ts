import { sql } from 'drizzle-orm'
import {
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { companies } from './companies.ts'
import { complexes } from './complexes.ts'
import { IMPORT_KINDS, IMPORT_ROW_STATES, IMPORT_STATUSES } from './enums.ts'
import { bulkWall, bytea, companyColumns, currentCompany, instant, isolate, oneOf } from './tenancy.ts'

/** A file of rows on its way into the registry: read, looked at, applied, perhaps undone. */
export const imports = pgTable(
  'imports',
  {
    ...companyColumns,
    kind: text('kind', { enum: IMPORT_KINDS }).notNull(),
    /** NULL where a column of the file names the complex of each row. */
    complexId: uuid('complex_id'),
    status: text('status', { enum: IMPORT_STATUSES }).notNull().default('reading'),
    fileName: text('file_name').notNull(),
    fileBytes: integer('file_bytes').notNull(),
    /** Header of each column of the file, in their order; NULL until it has been read. */
    headers: jsonb('headers').$type<string[]>(),
    /** Index of the file's column for each known one. */
    mapping: jsonb('mapping').$type<Record<string, number>>(),
    /** Rows read, and how many of them are what; `applied` grows while it runs. */
    counts: jsonb('counts').$type<Record<string, number>>().notNull().default({}),
    /** Why it failed: a reason of the contract. */
    failure: text('failure'),
    createdBy: uuid('created_by').notNull(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
    cancelRequestedAt: instant('cancel_requested_at'),
    undoneAt: instant('undone_at'),
    undoneBy: uuid('undone_by'),
    /** Why the last attempt to undo it came to nothing: a reason, how many rows, and the first of them. */
    undoRefusal: jsonb('undo_refusal').$type<{ reason: string; changed: number | null; rows: number[] }>(),
  },
  (t) => [
    ...isolate(t),
    foreignKey({ name: 'imports_company', columns: [t.companyId], foreignColumns: [companies.id] }),
    foreignKey({
      name: 'imports_complex',
      columns: [t.companyId, t.complexId],
      foreignColumns: [complexes.companyId, complexes.id],
    }),
    oneOf('imports_kind', t.kind, IMPORT_KINDS),
    oneOf('imports_status', t.status, IMPORT_STATUSES),
    check('imports_failure', sql`(${t.status} = 'failed') = (${t.failure} is not null)`),
    index('imports_of_company').on(t.companyId, t.id),
  ],
)

/** A row of the file: what it says, what is wrong with it, and what applying it changed. Not audited itself. */
export const importRows = pgTable(
  'import_rows',
  {
    companyId: uuid('company_id').notNull().default(currentCompany),
    importId: uuid('import_id').notNull(),
    /** Row of the sheet, counted from 1 as the spreadsheet shows it. */
    row: integer('row').notNull(),
    state: text('state', { enum: IMPORT_ROW_STATES }).notNull(),
    /** The cells of the row in the order of the file, for the preview and the error file. */
    cells: jsonb('cells').$type<string[]>().notNull(),
    /** The row as the registry would have it; NULL where its cells do not say. */
    data: jsonb('data').$type<Record<string, unknown>>(),
    problems: jsonb('problems').$type<Record<string, unknown>[]>(),
    /** For a changed row: `{ field: [old, new] }`. */
    changes: jsonb('changes').$type<Record<string, [unknown, unknown]>>(),
    /** What the row became, by table: `{ units: { id, version, created, before } }`; undo needs nothing else. */
    applied: jsonb('applied').$type<Record<string, unknown>>(),
  },
  (t) => [
    primaryKey({ columns: [t.companyId, t.importId, t.row] }),
    ...bulkWall(t),
    foreignKey({
      name: 'import_rows_import',
      columns: [t.companyId, t.importId],
      foreignColumns: [imports.companyId, imports.id],
    }).onDelete('cascade'),
    oneOf('import_rows_state', t.state, IMPORT_ROW_STATES),
    index('import_rows_by_state').on(t.companyId, t.importId, t.state, t.row),
  ],
)

/** The uploaded file, in pieces, until it has been read; then it is deleted. */
export const importFiles = pgTable(
  'import_files',
  {
    companyId: uuid('company_id').notNull().default(currentCompany),
    importId: uuid('import_id').notNull(),
    piece: integer('piece').notNull(),
    bytes: bytea('bytes').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.companyId, t.importId, t.piece] }),
    ...bulkWall(t),
    foreignKey({
      name: 'import_files_import',
      columns: [t.companyId, t.importId],
      foreignColumns: [imports.companyId, imports.id],
    }).onDelete('cascade'),
  ],
)

/** Which column of a file means what, as somebody corrected it: remembered for files with the same headers. */
export const importMappings = pgTable(
  'import_mappings',
  {
    ...companyColumns,
    kind: text('kind', { enum: IMPORT_KINDS }).notNull(),
    /** SHA-256 of the headers, base64url. */
    headersHash: text('headers_hash').notNull(),
    mapping: jsonb('mapping').$type<Record<string, number>>().notNull(),
  },
  (t) => [
    ...isolate(t),
    foreignKey({ name: 'import_mappings_company', columns: [t.companyId], foreignColumns: [companies.id] }),
    oneOf('import_mappings_kind', t.kind, IMPORT_KINDS),
    uniqueIndex('import_mappings_once').on(t.companyId, t.kind, t.headersHash),
  ],
)
