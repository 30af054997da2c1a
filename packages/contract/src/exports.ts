import {
  EXPORT_FORMATS,
  EXPORT_KINDS,
  EXPORT_STATUSES,
  type ExportFormat,
  type ExportKind,
} from '@servai/db/schema/enums'
import { z } from 'zod'
import { listAuditInput } from './audit.ts'
import { id } from './fields.ts'
import { listInvitesInput } from './invites.ts'
import { LOCALES } from './locales.ts'
import { listPeopleInput } from './people.ts'
import { listBuildingsInput, listComplexesInput, listResidenciesInput, listUnitsInput } from './property.ts'
import { REASONS } from './reasons.ts'
import { listMembersInput } from './staff.ts'

export { EXPORT_FORMATS, EXPORT_KINDS, type ExportFormat, type ExportKind }

/** Rows of a list that are answered at once; more than these are for the worker. */
export const EXPORT_DIRECT_ROWS = 5_000
export const EXPORT_TTL_HOURS = 24
/** Waiting or under way at a time, of one account in one company. */
export const EXPORTS_AT_ONCE = 3

const paging = { cursor: true, limit: true } as const

/** The inputs of the lists without their pages: the same filters, search and sort. */
export const EXPORT_FILTERS = {
  units: listUnitsInput.omit(paging),
  people: listPeopleInput.omit(paging),
  residencies: listResidenciesInput.omit(paging),
  invites: listInvitesInput.omit(paging),
  complexes: listComplexesInput.omit(paging),
  buildings: listBuildingsInput.omit(paging),
  staff: listMembersInput.omit(paging),
  audit: listAuditInput.omit(paging),
} as const satisfies Record<ExportKind, z.ZodObject>
export type ExportFilters = { [Kind in ExportKind]: z.output<(typeof EXPORT_FILTERS)[Kind]> }

export const CSV_SEPARATORS = ['comma', 'semicolon', 'tab'] as const

export const exportStyle = {
  /** Of headers and words; the account's where absent. */
  locale: z.enum(LOCALES).optional(),
  /** Of CSV; a semicolon in languages with a decimal comma where absent. */
  separator: z.enum(CSV_SEPARATORS).optional(),
}

const asking = <const Kind extends ExportKind, Filter extends z.ZodType>(kind: Kind, filter: Filter) =>
  z.strictObject({ kind: z.literal(kind), format: z.enum(EXPORT_FORMATS), filter, ...exportStyle })

export const createExportInput = z.discriminatedUnion('kind', [
  asking('units', EXPORT_FILTERS.units.prefault({})),
  asking('people', EXPORT_FILTERS.people.prefault({})),
  asking('residencies', EXPORT_FILTERS.residencies.prefault({})),
  asking('invites', EXPORT_FILTERS.invites.prefault({})),
  asking('complexes', EXPORT_FILTERS.complexes.prefault({})),
  asking('buildings', EXPORT_FILTERS.buildings.prefault({})),
  asking('staff', EXPORT_FILTERS.staff.prefault({})),
  asking('audit', EXPORT_FILTERS.audit.prefault({})),
])

export const exported = z.strictObject({
  id,
  kind: z.enum(EXPORT_KINDS),
  format: z.enum(EXPORT_FORMATS),
  status: z.enum(EXPORT_STATUSES),
  /** Written so far, of how many there were when it began. */
  rows: z.int(),
  totalRows: z.int().nullable(),
  fileName: z.string(),
  fileBytes: z.int().nullable(),
  failure: z.enum(REASONS).nullable(),
  createdAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
  expiresAt: z.iso.datetime(),
})
/** The caller's own in this company, the latest first. */
export const exportList = z.strictObject({ items: z.array(exported) })

export type Export = z.infer<typeof exported>
