import { AUDIT_COLUMNS, AUDIT_TABLES, auditCallOf } from '@servai/contract/audit-names'
import { TIMELINE_FIELDS } from '@servai/contract/timeline'
import { database } from '@servai/db/test/factories'
import type { AnyTRPCProcedure } from '@trpc/server'
import { sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { fieldOf } from '../property/timeline-entries/service.ts'
import { appRouter } from '../root.ts'
import type { Meta } from '../trpc.ts'

// A router's own type is a tree; at run time it is flat.
const walked = appRouter._def.procedures as unknown as Record<string, AnyTRPCProcedure>

type Audited = { table: string; columns: string }

const readAudited = () =>
  database.system({}, 'read', async (db) => [
    ...(await db.execute<Audited>(sql`
      select c.relname as table, string_agg(distinct a.attname, ' ') as columns
      from pg_class c
      join pg_trigger t on t.tgrelid = c.oid and t.tgfoid = 'audit_changes()'::regprocedure
      cross join lateral audit_arguments(c.oid) told
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        and not a.attname = any (told.unaudited::text[])
      group by c.relname order by c.relname`)),
  ])

/** Told as one fraction with the numerator. */
const isTold = (column: string) => column !== 'share_denominator'
const isOfTimeline = (name: string) => TIMELINE_FIELDS.some((field) => field === name)
const camel = (name: string) => name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())

describe('what the audit log can hold has a name that readers have words for', () => {
  it('every table with the trigger, and no other', async () => {
    expect((await readAudited()).map(({ table }) => table)).toEqual([...AUDIT_TABLES])
  })

  it('every column that the trigger writes, and no other', async () => {
    const written = (await readAudited()).flatMap(({ table, columns }) =>
      columns
        .split(' ')
        .filter(isTold)
        .map((column) => fieldOf(table, column)),
    )
    const own = written.filter((name) => !isOfTimeline(name) && !isOfTimeline(camel(name)))
    expect([...new Set(own)].toSorted()).toEqual([...AUDIT_COLUMNS])
  })

  it('every call that somebody signed in can be refused', () => {
    const refusable = Object.entries(walked).flatMap(([path, { _def }]) =>
      (_def.meta as Meta | undefined)?.access === 'public' ? [] : [path],
    )
    expect(refusable.length).toBeGreaterThan(100)
    expect(refusable.filter((path) => auditCallOf(path) === null)).toEqual([])
  })
})
