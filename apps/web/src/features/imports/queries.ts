import { useQuery } from '@tanstack/vue-query'
import { computed, reactive, toValue, watch, type MaybeRefOrGetter } from 'vue'
import { api, type Inputs, type Outputs } from '../../api.ts'
import { locale } from '../../i18n/i18n.ts'
import { queryClient } from '../../session.ts'
import { useKeysetList } from '../../ui/useKeysetList.ts'
import { fetchFile, save } from '../lists/export-queries.ts'
import { PAGE_ROWS, propertyKeys } from '../property/cache.ts'

export type ImportSummary = Outputs['property']['imports']['list']['items'][number]
export type ImportDetail = Outputs['property']['imports']['get']
export type ImportRow = Outputs['property']['imports']['rows']['items'][number] & { id: string }
export type RowState = NonNullable<Inputs['property']['imports']['rows']['state']>
export type Mapping = Inputs['property']['imports']['map']['mapping']

export const importKeys = propertyKeys('imports')

const POLL_MS = 1_000
const IDLE_POLL_MS = 5_000

/** The worker is at it, or about to be. */
export const isUnderWay = ({ status }: Pick<ImportSummary, 'status'>) =>
  status === 'reading' || status === 'queued' || status === 'running' || status === 'undoing'

export const useImports = () => {
  const list = useKeysetList({
    key: importKeys.lists,
    filter: {},
    fetch: (_, cursor, signal) => api.property.imports.list.query({ cursor, limit: PAGE_ROWS }, { signal }),
  })
  watch(
    () => list.rows?.some(isUnderWay) ?? false,
    (isBusy, _, onCleanup) => {
      const timer = isBusy ? setInterval(() => void list.refetch(), IDLE_POLL_MS) : undefined
      onCleanup(() => clearInterval(timer))
    },
    { immediate: true },
  )
  return list
}

/** Looked at every second while the worker is at it. */
export const useImport = (id: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => importKeys.one(toValue(id))),
      queryFn: ({ signal }) => api.property.imports.get.query({ id: toValue(id) }, { signal }),
      refetchInterval: ({ state }) => (state.data && isUnderWay(state.data) ? POLL_MS : false),
      staleTime: 0,
    }),
  )

type Rows = { id: string; state: RowState | undefined; version: number }

/** `version` of the import: other rows once it has been read again. */
export const useImportRows = (filter: MaybeRefOrGetter<Rows>) =>
  useKeysetList({
    key: importKeys.options('rows'),
    filter,
    fetch: async ({ id, state }, cursor, signal) => {
      const page = await api.property.imports.rows.query(
        { id, cursor, limit: PAGE_ROWS, ...(state && { state }) },
        { signal },
      )
      return { ...page, items: page.items.map((row): ImportRow => ({ ...row, id: String(row.row) })) }
    },
  })

const shown = (row: ImportDetail) => {
  queryClient.setQueryData(importKeys.one(row.id), row)
  void queryClient.invalidateQueries({ queryKey: importKeys.lists })
  return row
}

type Target = { id: string; version?: number }

export const mapImport = async (input: Inputs['property']['imports']['map']) =>
  shown(await api.property.imports.map.mutate(input))
export const startImport = async (target: Target) => shown(await api.property.imports.start.mutate(target))
export const cancelImport = async ({ id }: Target) => shown(await api.property.imports.cancel.mutate({ id }))
/** Asks for it; the worker does it. */
export const undoImport = async ({ id }: Target) => shown(await api.property.imports.undo.mutate({ id }))

/** @returns the name of the file */
export const downloadRefused = async (id: string, format: 'csv' | 'xlsx') =>
  save(await fetchFile(`/api/v1/property/imports/${id}/errors.${format}?locale=${locale.value}`))
