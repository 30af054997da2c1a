import { BULK_LIMIT } from '@servai/contract/fields'
import { api, type Inputs } from '../../api.ts'
import { reasonOf } from '../../errors.ts'
import { t } from '../../i18n/i18n.ts'
import { notifyDone, notifyError, notifyRefused } from '../../ui/toasts.ts'
import { refreshProperty } from '../property/cache.ts'
import { agreesToRemove, restoreRow } from '../property/removal.ts'
import type { Unit } from './queries.ts'

type Item = Inputs['property']['units']['updateMany']['items'][number]
/** What several units can be given at once. */
export type BulkChange = Pick<Item, 'type' | 'unitTypeId' | 'floor' | 'entranceId'>

const exceedsLimit = (rows: readonly Unit[]) => {
  if (rows.length <= BULK_LIMIT) return false
  notifyRefused(t('registry.bulk.limit', { count: BULK_LIMIT }))
  return true
}

const send = async (items: Item[]) => {
  const answer = await api.property.units.updateMany.mutate({ items })
  refreshProperty()
  return new Map(answer.items.map(({ id, version }) => [id, version]))
}

/** Of the fields that a change sets, what a unit had before. */
const before = (unit: Unit, change: BulkChange): BulkChange => ({
  ...((change.type !== undefined || change.unitTypeId !== undefined) && {
    type: unit.type,
    unitTypeId: unit.unitType?.id ?? null,
  }),
  ...(change.floor !== undefined && { floor: unit.floor }),
  ...(change.entranceId !== undefined && { entranceId: unit.entrance?.id ?? null }),
})

/** Gives all of them the same and offers to undo it; `false` when the server refused, which the person was told. */
export const changeUnits = async (rows: readonly Unit[], change: BulkChange): Promise<boolean> => {
  if (exceedsLimit(rows)) return false
  try {
    const versions = await send(rows.map(({ id, version }) => ({ id, version, ...change })))
    notifyDone(t('registry.bulk.changed', { count: rows.length }), () =>
      restoreRow(
        () => send(rows.map((unit) => ({ id: unit.id, version: versions.get(unit.id)!, ...before(unit, change) }))),
        t('registry.bulk.undone'),
      ),
    )
    return true
  } catch (error) {
    refreshProperty()
    notifyError(reasonOf(error))
    return false
  }
}

/** Asks once where more would go along. */
export const removeUnits = async (rows: readonly Unit[]): Promise<boolean> => {
  if (exceedsLimit(rows)) return false
  const count = rows.length
  const attempt = async (cascade: boolean): Promise<boolean> => {
    try {
      await api.property.units.removeMany.mutate({ items: rows.map(({ id, version }) => ({ id, version })), cascade })
    } catch (error) {
      const failure = reasonOf(error)
      if (failure.reason === 'property.has_children' && !cascade) {
        const along = { name: t('registry.removal.many', { count }), action: t('registry.bulk.remove') }
        return (await agreesToRemove(along, failure.counts)) && attempt(true)
      }
      refreshProperty()
      notifyError(failure)
      return false
    }
    refreshProperty()
    notifyDone(t('registry.bulk.removed', { count }), () =>
      restoreRow(
        async () => {
          await api.property.units.restoreMany.mutate({ items: rows.map(({ id }) => ({ id })) })
          refreshProperty()
        },
        t('registry.bulk.restored', { count }),
      ),
    )
    return true
  }
  return attempt(false)
}
