import { and, sql, type SQL } from 'drizzle-orm'
import type { z } from 'zod'
import { AUDIT_GROUPS, type auditPage, type listAuditInput } from '@servai/contract/audit'
import type { CompanyDb, SystemDb } from '@servai/db'
import type { Actor } from '../actor.ts'
import { DomainError } from '../errors.ts'
import { escapeLike } from '../keyset.ts'
import { readAuthors } from '../property/actors/service.ts'
import { presentValues } from '../property/timeline-entries/service.ts'

type AuditCtx = { db: CompanyDb | SystemDb; actor: Pick<Actor, 'companyId'> }
type Input = z.output<typeof listAuditInput>
type Filter = Omit<Input, 'cursor' | 'limit'>
type Page = z.input<typeof auditPage>
type Values = Record<string, unknown>

/** Rows looked at for one page where no index knows the filter; a comparison of words costs ten times as much. */
const LOOKED_AT = { columns: 100_000, words: 20_000 }

type Row = {
  id: string
  at: string
  companyId: string | null
  actorId: string | null
  impersonatorId: string | null
  apiKeyId: string | null
  action: string
  result: Page['items'][number]['result']
  entity: string | null
  entityId: string | null
  requestId: string | null
  address: string | null
  before: Values | null
  after: Values | null
  seq: number | null
  sealedAt: string | null
}

type Position = { at: string; id: string }

const CURSOR = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z)_(\d{1,18})$/

/** @throws invalid request.invalid for a cursor that no page of ours has given */
const positionOf = (cursor: string | undefined): Position | null => {
  if (cursor === undefined) return null
  const [, at, id] = CURSOR.exec(cursor) ?? []
  if (at && id) return { at, id }
  throw new DomainError('invalid', 'request.invalid', { issues: [{ path: ['cursor'], code: 'foreign_cursor' }] })
}
const cursorOf = ({ at, id }: Position) => `${new Date(at).toISOString()}_${id}`

const rowsOf = async <T extends Values>(db: CompanyDb | SystemDb, statement: SQL) =>
  // postgres.js answers an array; the statement's author states what is in it.
  [...(await db.execute<T>(statement))] as unknown as T[]

/** What an index leads to, in the order of time. */
const inReach = ({ from, to, actorId, entityId, result }: Filter, { companyId }: AuditCtx['actor']) =>
  and(
    // Row-level security says the same; with a context of the platform nothing does.
    companyId === null ? undefined : sql`a.company_id = ${companyId}::uuid`,
    from === undefined ? undefined : sql`a.at >= ${from}::timestamptz`,
    sql`a.at < coalesce(${to ?? null}::timestamptz, now() + interval '1 hour')`,
    actorId === undefined ? undefined : sql`a.actor_id = ${actorId}::uuid`,
    entityId === undefined ? undefined : sql`a.entity_id = ${entityId}::uuid`,
    result === undefined ? undefined : sql`a.result = ${result}`,
    // As the partial index says it.
    result === undefined || result === 'ok' ? undefined : sql`a.result <> 'ok'`,
  ) ?? sql`true`

/** What every row in reach has to be asked. */
const asked = ({ group, requestId, q }: Filter) => {
  const words = q === undefined ? null : `%${escapeLike(q)}%`
  return and(
    group === undefined
      ? undefined
      : sql`split_part(a.action, '.', case when a.action like 'property.%.%' then 2 else 1 end) = any (string_to_array(${AUDIT_GROUPS[group].join(',')}, ','))`,
    requestId === undefined ? undefined : sql`a.request_id = ${requestId}`,
    words === null
      ? undefined
      : sql`(a.action ilike ${words} or a.address ilike ${words} or a.before::text ilike ${words} or a.after::text ilike ${words})`,
  )
}

const reachOf = (input: Filter & { cursor?: string | undefined }, ctx: AuditCtx) => {
  const after = positionOf(input.cursor)
  const conditions = and(
    inReach(input, ctx.actor),
    after ? sql`(a.at, a.id) < (${after.at}::timestamptz, ${after.id}::bigint)` : undefined,
  )
  const atMost = input.q === undefined ? LOOKED_AT.columns : LOOKED_AT.words
  return {
    atMost,
    rows: sql`select * from audit_log a where ${conditions} order by a.at desc, a.id desc limit ${sql.raw(String(atMost))}`,
  }
}

/**
 * Who did what, when, and what was refused: the newest first.
 *
 * @throws invalid request.invalid
 */
export const listAudit = async (ctx: AuditCtx, input: Input): Promise<Page> => {
  const { db } = ctx
  const { limit } = input
  const filter = asked(input)
  const reach = reachOf(input, ctx)
  const found = await rowsOf<Row>(
    db,
    sql`with page as (select a.* from (${reach.rows}) a where ${filter ?? sql`true`} order by a.at desc, a.id desc limit ${limit + 1})
      select a.id::text as id, a.at, a.company_id as "companyId", a.actor_id as "actorId", a.impersonator_id as "impersonatorId",
        a.api_key_id as "apiKeyId", a.action, a.result, a.entity, a.entity_id as "entityId", a.request_id as "requestId", a.address,
        a.before, a.after, s.seq::float8 as seq, s.sealed_at as "sealedAt"
      from page a
      left join lateral (select seq, sealed_at from audit_seals s where s.audit_id = a.id and s.at = a.at limit 1) s on true
      order by a.at desc, a.id desc`,
  )
  const page = found.slice(0, limit)
  const last = page.at(-1)
  const items = await present(ctx, page)
  if (found.length > limit && last) return { items, nextCursor: cursorOf(last), searchedUntil: null }
  const [end] = filter
    ? await rowsOf<Position>(
        db,
        sql`select a.at, a.id::text as id from (${reach.rows}) a offset ${reach.atMost - 1} limit 1`,
      )
    : []
  return {
    items,
    nextCursor: end ? cursorOf(end) : null,
    searchedUntil: end ? new Date(end.at).toISOString() : null,
  }
}

/** How many there are, counted no further than `atMost`. */
export const countAudit = async (ctx: AuditCtx, filter: Filter, atMost: number): Promise<number> => {
  const conditions = and(inReach(filter, ctx.actor), asked(filter))
  const [row] = await rowsOf<{ count: number }>(
    ctx.db,
    sql`select count(*)::int as count from (select from audit_log a where ${conditions} limit ${atMost}) counted`,
  )
  return row!.count
}

const present = async (ctx: AuditCtx, rows: Row[]): Promise<Page['items']> => {
  const [actorOf, companies, keys, changesOf] = await Promise.all([
    readActors(
      ctx,
      rows.flatMap(({ actorId, impersonatorId, before, after }) => [
        actorId,
        impersonatorId,
        ...accountsIn(before),
        ...accountsIn(after),
      ]),
    ),
    readNames(
      ctx.db,
      sql`companies`,
      rows.map(({ companyId }) => companyId),
    ),
    readNames(
      ctx.db,
      sql`api_keys`,
      rows.map(({ apiKeyId }) => apiKeyId),
    ),
    presentValues(ctx.db, rows),
  ])
  return rows.map((row) => {
    const {
      companyId,
      actorId,
      impersonatorId,
      apiKeyId,
      seq,
      sealedAt,
      at,
      before: _before,
      after: _after,
      ...shown
    } = row
    return {
      ...shown,
      at: new Date(at).toISOString(),
      company: companyId === null ? null : { id: companyId, name: companies.get(companyId) ?? '…' },
      actor: { id: actorId, ...(actorId === null && row.action.startsWith('auth.') ? NOBODY : actorOf(actorId)) },
      impersonator: impersonatorId === null ? null : { name: actorOf(impersonatorId).name },
      apiKey: apiKeyId === null ? null : { name: keys.get(apiKeyId) ?? null },
      changes: changesOf(row).map((change) => withAccountNamed(change, actorOf)),
      seal: seq === null || sealedAt === null ? null : { seq, sealedAt: new Date(sealedAt).toISOString() },
    }
  })
}

/** Columns that hold an account's id. */
const ACCOUNT_COLUMNS = [
  'user_id',
  'created_by',
  'deleted_by',
  'revoked_by',
  'decided_by',
  'granted_by',
  'accepted_by',
  'undone_by',
  'requestedBy',
]

const accountsIn = (values: Values | null) =>
  ACCOUNT_COLUMNS.map((column) => values?.[column]).filter((value): value is string => typeof value === 'string')

type Change = Page['items'][number]['changes'][number]

/** The id stays of an account that the reader does not know by name. */
const withAccountNamed = ({ field, before, after }: Change, nameOf: (id: string) => Who): Change => {
  const named = (value: Change['after']) => (typeof value === 'string' ? (nameOf(value).name ?? value) : value)
  return ACCOUNT_COLUMNS.includes(field)
    ? { field, before: named(before), after: named(after) }
    : { field, before, after }
}

type Who = Omit<Page['items'][number]['actor'], 'id'>
const NOBODY: Who = { kind: 'nobody', name: null }

/** A company knows its staff and residents by name; the platform everybody. */
const readActors = async ({ db, actor }: AuditCtx, ids: (string | null)[]): Promise<(id: string | null) => Who> => {
  if (actor.companyId !== null) return readAuthors(db, ids)
  const names = await readNames(db, sql`(select id, first_name || ' ' || last_name as name from users)`, ids)
  return (id) => (id === null ? { kind: 'system', name: null } : { kind: 'other', name: names.get(id) ?? null })
}

const readNames = async (db: CompanyDb | SystemDb, source: SQL, given: (string | null)[]) => {
  const ids = [...new Set(given.filter((id) => id !== null))]
  if (ids.length === 0) return new Map<string, string>()
  const rows = await rowsOf<{ id: string; name: string }>(
    db,
    sql`select id, name from ${source} named where id = any (string_to_array(${ids.join(',')}, ',')::uuid[])`,
  )
  return new Map(rows.map(({ id, name }) => [id, name]))
}
