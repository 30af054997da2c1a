import { sql } from 'drizzle-orm'
import { uuidv7 } from 'uuidv7'
import type { UnitUpsert, UnitUpsertRow } from '@servai/contract/imports'
import { importRows, imports } from '@servai/db/schema/imports'
import { askerOf } from '../../principal.ts'
import { holdComplex } from '../complexes/service.ts'
import { applyRows, auditImport } from './run.ts'
import type { ImportCtx } from './service.ts'
import { unitData } from './unit-reader.ts'
import { eq } from 'drizzle-orm'

/**
 * Creates what is new and changes what differs, by building, entrance and number; buildings and entrances that are
 * missing are made. What a row leaves NULL stays as it is. All or nothing, and an import like those of files: it is
 * listed among them and can be undone.
 *
 * @throws not_found property.complex_not_found, forbidden auth.forbidden, conflict property.parent_removed
 */
export const importUnits = async (
  ctx: ImportCtx,
  { complexId, rows }: { complexId: string; rows: UnitUpsertRow[] },
): Promise<UnitUpsert> => {
  const { db, actor, principal, requestId, address, now } = ctx
  await holdComplex(ctx, complexId, 'no key update')
  const id = uuidv7()
  const given = JSON.stringify(rows)
  const found = {
    id,
    kind: 'units' as const,
    complexId,
    status: 'running' as const,
    headers: null,
    mapping: null,
    createdBy: actor.userId ?? '',
    fileName: 'units.json',
    counts: {},
  }
  await db.insert(imports).values({ ...found, fileBytes: Buffer.byteLength(given), startedAt: now() })
  const records = rows.map((row, index) => ({ row: index + 1, data: unitData(null, row) }))
  await db.execute(sql`
    insert into ${importRows} (import_id, row, state, cells, data)
    select ${id}::uuid, r.row, 'new', '[]', r.data
    from jsonb_to_recordset((${JSON.stringify(records)}::text)::jsonb) as r (row int, data jsonb)`)
  const { counts } = await applyRows(db, found, actor, { onChunk: async () => undefined })
  await db.update(imports).set({ status: 'done', counts, finishedAt: now() }).where(eq(imports.id, id))
  await auditImport(
    { db, requestId, address, actor, sessionId: askerOf(principal).sessionId },
    'property.import',
    found,
    counts,
  )
  const { created = 0, updated = 0, buildingsCreated = 0, entrancesCreated = 0 } = counts
  return { created, updated, unchanged: counts.unchanged, buildingsCreated, entrancesCreated }
}
