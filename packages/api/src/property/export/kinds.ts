import type { ExportFilters, ExportKind } from '@servai/contract/exports'
import type { Share } from '@servai/contract/property'
import type { Role } from '@servai/contract/roles'
import type { Ctx } from '../../context.ts'
import { countAudit, listAudit } from '../../audit-log/service.ts'
import { listMembers } from '../../staff/members/service.ts'
import { countBuildings, listBuildings } from '../buildings/service.ts'
import { countComplexes, listComplexes } from '../complexes/service.ts'
import { countInvites, listInvites } from '../invites/service.ts'
import { countPeople, listPeople } from '../people/service.ts'
import { countResidencies, listResidencies } from '../residencies/service.ts'
import { countUnits, listUnits } from '../units/service.ts'
import type { Cell, CellType } from './cells.ts'
import { EXPORT_ACCESS } from './policy.ts'
import type { Words } from './texts.ts'

type Page<Row> = { items: Row[]; nextCursor: string | null }
type Paging = { cursor: string | undefined; limit: number }

type Column<Row> = {
  header: keyof Words['headers']
  type: CellType
  width: number
  cell: (row: Row, words: Words) => Cell
}

/** A list that can be had as a file: exactly the rows that the list shows to the same caller. */
type Exporter<Kind extends ExportKind = ExportKind, Row = never> = {
  access: readonly Role[]
  list: (ctx: Ctx, filter: ExportFilters[Kind], paging: Paging) => Promise<Page<Row>>
  /** Counted no further than `atMost`. */
  count: (ctx: Ctx, filter: ExportFilters[Kind], atMost: number) => Promise<number>
  columns: readonly Column<Row>[]
}

type RowOf<List extends (...args: never[]) => Promise<Page<unknown>>> = Awaited<ReturnType<List>>['items'][number]

const text = <Row>(header: Column<Row>['header'], width: number, cell: Column<Row>['cell']): Column<Row> => ({
  header,
  type: 'text',
  width,
  cell,
})
const typed = <Row>(
  type: CellType,
  header: Column<Row>['header'],
  cell: Column<Row>['cell'],
  width = 14,
): Column<Row> => ({ header, type, width, cell })

const shareOf = (share: Share | null) => share && `${share.numerator}/${share.denominator}`
const yesOrNo = (value: boolean | null, { yes, no }: Words) => (value === null ? null : value ? yes : no)

const units: Exporter<'units', RowOf<typeof listUnits>> = {
  access: EXPORT_ACCESS.homes,
  list: (ctx, filter, paging) => listUnits(ctx, { ...filter, ...paging }),
  count: countUnits,
  columns: [
    text('complex', 24, ({ complex }) => complex.name),
    text('building', 14, ({ building }) => building.name),
    text('entrance', 10, ({ entrance }) => entrance && entrance.number),
    text('number', 14, ({ number }) => number),
    typed('integer', 'floor', ({ floor }) => floor, 8),
    text('type', 18, ({ type }, { unitTypes }) => unitTypes[type]),
    text('unitType', 18, ({ unitType }) => unitType && unitType.name),
    typed('decimal', 'areaM2', ({ areaM2 }) => areaM2, 12),
    text('commonShare', 16, ({ share }) => shareOf(share)),
    typed('integer', 'residents', ({ residents }) => residents, 10),
  ],
}

const people: Exporter<'people', RowOf<typeof listPeople>> = {
  access: EXPORT_ACCESS.homes,
  list: (ctx, filter, paging) => listPeople(ctx, { ...filter, ...paging }),
  count: countPeople,
  columns: [
    text('lastName', 20, ({ lastName }) => lastName),
    text('firstName', 18, ({ firstName }) => firstName),
    text('email', 28, ({ email }) => email),
    typed('phone', 'phone', ({ phone }) => phone, 18),
    text('hasAccount', 12, ({ hasAccount }, words) => yesOrNo(hasAccount, words)),
    text('homes', 40, ({ homes }, { residencyKinds }) =>
      homes
        .map(({ unit, building, complex, kind }) =>
          [unit.number, building.name, complex.name, residencyKinds[kind].toLowerCase()].join(', '),
        )
        .join('; '),
    ),
    text('note', 30, ({ note }) => note),
    typed('instant', 'addedOn', ({ createdAt }) => createdAt, 18),
  ],
}

const residencies: Exporter<'residencies', RowOf<typeof listResidencies>> = {
  access: EXPORT_ACCESS.homes,
  list: (ctx, filter, paging) => listResidencies(ctx, { ...filter, ...paging }),
  count: countResidencies,
  columns: [
    text('complex', 24, ({ unit }) => unit.complex),
    text('building', 14, ({ unit }) => unit.building),
    text('number', 14, ({ unit }) => unit.number),
    text('lastName', 20, ({ person }) => person.lastName),
    text('firstName', 18, ({ person }) => person.firstName),
    text('email', 28, ({ person }) => person.email),
    typed('phone', 'phone', ({ person }) => person.phone, 18),
    text('kind', 16, ({ kind }, { residencyKinds }) => residencyKinds[kind]),
    text('share', 10, ({ share }) => shareOf(share)),
    typed('day', 'startsOn', ({ startsOn }) => startsOn, 12),
    typed('day', 'endsOn', ({ endsOn }) => endsOn, 12),
    text('verified', 18, ({ verifiedLevel }, { verifiedLevels }) => verifiedLevel && verifiedLevels[verifiedLevel]),
    text('hasAccount', 12, ({ person }, words) => yesOrNo(person.hasAccount, words)),
  ],
}

/** Without the ways in: a file outlives the invites. */
const invites: Exporter<'invites', RowOf<typeof listInvites>> = {
  access: EXPORT_ACCESS.homes,
  list: (ctx, filter, paging) => listInvites(ctx, { ...filter, ...paging }),
  count: countInvites,
  columns: [
    text('complex', 24, ({ unit }) => unit.complex),
    text('building', 14, ({ unit }) => unit.building),
    text('entrance', 10, ({ unit }) => unit.entrance),
    text('number', 14, ({ unit }) => unit.number),
    text('kind', 16, ({ kind }, { residencyKinds }) => residencyKinds[kind]),
    text('person', 24, ({ person }) => person && `${person.firstName} ${person.lastName}`),
    text('status', 14, ({ status }, { inviteStatuses }) => inviteStatuses[status]),
    typed('integer', 'uses', ({ usedCount }) => usedCount, 10),
    text('maxUses', 14, ({ maxUses }, { unlimited }) => (maxUses === null ? unlimited : String(maxUses))),
    typed('instant', 'expiresAt', ({ expiresAt }) => expiresAt, 18),
    typed('instant', 'addedOn', ({ createdAt }) => createdAt, 18),
    text('invitedBy', 22, ({ createdBy }) => createdBy),
  ],
}

const complexes: Exporter<'complexes', RowOf<typeof listComplexes>> = {
  access: EXPORT_ACCESS.registry,
  list: (ctx, filter, paging) => listComplexes(ctx, { ...filter, ...paging }),
  count: countComplexes,
  columns: [
    text('name', 28, ({ name }) => name),
    text('city', 16, ({ city }) => city),
    text('address', 36, ({ address }) => address),
    text('timezone', 18, ({ timezone }) => timezone),
    typed('integer', 'buildings', (row) => row.buildings, 12),
    typed('integer', 'units', (row) => row.units, 12),
  ],
}

const buildings: Exporter<'buildings', RowOf<typeof listBuildings>> = {
  access: EXPORT_ACCESS.registry,
  list: (ctx, filter, paging) => listBuildings(ctx, { ...filter, ...paging }),
  count: countBuildings,
  columns: [
    text('complex', 28, ({ complex }) => complex.name),
    text('building', 16, ({ name }) => name),
    text('address', 36, ({ address }) => address),
    typed('integer', 'floors', ({ floors }) => floors, 10),
    typed('integer', 'entrances', (row) => row.entrances, 12),
    typed('integer', 'units', (row) => row.units, 12),
  ],
}

const staff: Exporter<'staff', RowOf<typeof listMembers>> = {
  access: EXPORT_ACCESS.staff,
  list: (ctx, filter, paging) => listMembers(ctx, { ...filter, ...paging }),
  count: async (ctx, filter, atMost) =>
    (await listMembers(ctx, { ...filter, cursor: undefined, limit: atMost })).items.length,
  columns: [
    text('lastName', 20, ({ lastName }) => lastName),
    text('firstName', 18, ({ firstName }) => firstName),
    text('email', 28, ({ email }) => email),
    typed('phone', 'phone', ({ phone }) => phone, 18),
    text('title', 22, ({ title }) => title),
    text('roles', 40, ({ grants }, { roles, wholeCompany }) =>
      grants.map(({ role, complex }) => `${roles[role]} (${complex?.name ?? wholeCompany})`).join('; '),
    ),
    text('specialisations', 26, (row, { specialisations }) =>
      row.specialisations.map((each) => specialisations[each]).join(', '),
    ),
    typed('instant', 'since', ({ since }) => since, 18),
  ],
}

/** As the log has it: the words of the page are not for programs that read the file. */
const audit: Exporter<'audit', RowOf<typeof listAudit>> = {
  access: EXPORT_ACCESS.audit,
  list: (ctx, filter, paging) => listAudit(ctx, { ...filter, ...paging }),
  count: countAudit,
  columns: [
    typed('instant', 'at', ({ at }) => at, 18),
    text('actor', 24, ({ actor }) => actor.name ?? actor.id),
    text('behind', 24, ({ impersonator, apiKey }) => impersonator?.name ?? apiKey?.name ?? null),
    text('action', 26, ({ action }) => action),
    text('result', 10, ({ result }) => result),
    text('entityId', 38, ({ entityId }) => entityId),
    text('values', 60, ({ changes }) =>
      changes.map(({ field, before, after }) => `${field}: ${before ?? ''} → ${after ?? ''}`).join('; '),
    ),
    text('source', 18, ({ address }) => address),
    text('request', 38, ({ requestId }) => requestId),
    typed('integer', 'seal', ({ seal }) => seal && seal.seq, 10),
  ],
}

type AnyExporter = Pick<Exporter, 'access'> & {
  list: (ctx: Ctx, filter: ExportFilters[ExportKind], paging: Paging) => Promise<Page<unknown>>
  count: (ctx: Ctx, filter: ExportFilters[ExportKind], atMost: number) => Promise<number>
  columns: readonly Column<unknown>[]
}

// Filters come parsed by the schema of their kind, and columns are given what the list of their kind has answered.
const ofAnyKind = <Kind extends ExportKind, Row>(exporter: Exporter<Kind, Row>) => exporter as unknown as AnyExporter

const EXPORTERS: Record<ExportKind, AnyExporter> = {
  units: ofAnyKind(units),
  people: ofAnyKind(people),
  residencies: ofAnyKind(residencies),
  invites: ofAnyKind(invites),
  complexes: ofAnyKind(complexes),
  buildings: ofAnyKind(buildings),
  staff: ofAnyKind(staff),
  audit: ofAnyKind(audit),
}

export const exporterOf = (kind: ExportKind) => EXPORTERS[kind]
