import { sql } from 'drizzle-orm'
import { check, foreignKey, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { companies } from './companies.ts'
import { EXPORT_FORMATS, EXPORT_KINDS, EXPORT_STATUSES } from './enums.ts'
import { bulkWall, bytea, companyColumns, currentCompany, instant, isolate, oneOf } from './tenancy.ts'

/**
 * A list on its way out as a file, made by the worker. Its progress is not audited row by row, and its filter may hold an
 * address: who exported what is written down by the service.
 */
export const exports = pgTable(
  'exports',
  {
    ...companyColumns,
    kind: text('kind', { enum: EXPORT_KINDS }).notNull(),
    format: text('format', { enum: EXPORT_FORMATS }).notNull(),
    /** The list's own input: filter, search and sort. */
    filter: jsonb('filter').$type<Record<string, unknown>>().notNull(),
    /** The context in which it was asked for: the rights of that moment are asked again when it runs. */
    contextKey: text('context_key').notNull(),
    /** What of the actor decided which rows the list shows, when the file was begun. */
    rights: text('rights').notNull().default(''),
    locale: text('locale').notNull(),
    /** Of CSV; NULL: as the language has it. */
    separator: text('separator'),
    status: text('status', { enum: EXPORT_STATUSES }).notNull().default('queued'),
    /** Rows written so far. */
    rows: integer('rows').notNull().default(0),
    totalRows: integer('total_rows'),
    fileName: text('file_name').notNull(),
    fileBytes: integer('file_bytes'),
    failure: text('failure'),
    createdBy: uuid('created_by').notNull(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
    cancelRequestedAt: instant('cancel_requested_at'),
    /** Then the file is deleted. */
    expiresAt: instant('expires_at').notNull(),
  },
  (t) => [
    ...isolate(t),
    foreignKey({ name: 'exports_company', columns: [t.companyId], foreignColumns: [companies.id] }),
    oneOf('exports_kind', t.kind, EXPORT_KINDS),
    oneOf('exports_format', t.format, EXPORT_FORMATS),
    oneOf('exports_status', t.status, EXPORT_STATUSES),
    check('exports_failure', sql`(${t.status} = 'failed') = (${t.failure} is not null)`),
    index('exports_of_creator').on(t.companyId, t.createdBy, t.id),
    index('exports_by_expiry').on(t.expiresAt),
  ],
)

/** The finished file, in pieces. */
export const exportFiles = pgTable(
  'export_files',
  {
    companyId: uuid('company_id').notNull().default(currentCompany),
    exportId: uuid('export_id').notNull(),
    piece: integer('piece').notNull(),
    bytes: bytea('bytes').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.companyId, t.exportId, t.piece] }),
    ...bulkWall(t),
    foreignKey({
      name: 'export_files_export',
      columns: [t.companyId, t.exportId],
      foreignColumns: [exports.companyId, exports.id],
    }).onDelete('cascade'),
  ],
)
