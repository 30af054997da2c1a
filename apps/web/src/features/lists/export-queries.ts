import type { CSV_SEPARATORS, ExportFilters, ExportFormat, ExportKind } from '@servai/contract/exports'
import { useQuery } from '@tanstack/vue-query'
import { computed, reactive, ref, toValue, type MaybeRefOrGetter } from 'vue'
import { access, api, requestHeaders, type Outputs } from '../../api.ts'
import { failureOf, RequestError } from '../../errors.ts'
import { locale } from '../../i18n/i18n.ts'
import { queryClient, session } from '../../session.ts'
import { askStepUp } from '../../step-up.ts'

export type ExportRow = Outputs['property']['exports']['get']
export type ExportFilter = Partial<ExportFilters[ExportKind]> & Record<string, unknown>
export type Asked = {
  kind: ExportKind
  format: ExportFormat
  filter: ExportFilter
  separator?: (typeof CSV_SEPARATORS)[number]
}

const KEY = ['exports'] as const
const OPEN = new Set<ExportRow['status']>(['queued', 'running'])
const POLL_MS = 1_000
const ADDRESS = '/api/v1/property/exports'

export const isUnderWay = ({ status }: Pick<ExportRow, 'status'>) => OPEN.has(status)

/** Asked for in this tab; before that nobody looks whether there are any. */
const isWanted = ref(false)

/** The exports of the last day; looked at every second while one is under way. */
export const useExports = (enabled: MaybeRefOrGetter<boolean>) =>
  reactive(
    useQuery({
      queryKey: computed(() => [...KEY, session.context?.key]),
      queryFn: ({ signal }) => api.property.exports.list.query(undefined, { signal }),
      enabled: computed(() => toValue(enabled) || isWanted.value),
      refetchInterval: ({ state }) => (state.data?.items.some(isUnderWay) ? POLL_MS : false),
    }),
  )

const looked = () => queryClient.invalidateQueries({ queryKey: KEY })

const addressOf = ({ kind, format, filter, separator }: Asked) => {
  const query = new URLSearchParams({ locale: locale.value, ...(separator && { separator }) })
  for (const [name, value] of Object.entries(filter))
    if (value !== undefined && value !== '') query.set(name, String(value))
  return `${ADDRESS}/${kind}.${format}?${query}`
}

/** Through `fetch`, because the access token is in memory; the browser keeps what is large on the disk. */
export const fetchFile = async (address: string) => {
  let response = await fetch(address, { headers: await requestHeaders() })
  if (response.status === 401 && (await access.renew()))
    response = await fetch(address, { headers: await requestHeaders() })
  const refused = response.ok ? null : await failureIn(response)
  if (refused?.reason === 'auth.step_up_required' && (await askStepUp()))
    response = await fetch(address, { headers: await requestHeaders() })
  if (response.ok) return { blob: await response.blob(), name: nameOf(response.headers.get('content-disposition')) }
  throw new RequestError(refused && response.bodyUsed ? refused : await failureIn(response))
}

const failureIn = async (response: Response) => {
  const body: unknown = await response.json().catch(() => null)
  return failureOf((body as { error?: unknown } | null)?.error, response.status)
}

export const nameOf = (disposition: string | null) => {
  const [, encoded] = /filename\*=UTF-8''([^;]+)/.exec(disposition ?? '') ?? []
  return encoded ? decodeURIComponent(encoded) : 'export'
}

const FORGET_MS = 60_000

export const save = ({ blob, name }: { blob: Blob; name: string }) => {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), FORGET_MS)
  return name
}

/**
 * Downloads a list, or, where it is too long for that, leaves it to the worker.
 *
 * @returns the name of the file, null where it is being prepared
 */
export const exportList = async (asked: Asked): Promise<string | null> => {
  try {
    return save(await fetchFile(addressOf(asked)))
  } catch (error) {
    if (!(error instanceof RequestError) || error.failure.reason !== 'exports.too_large') throw error
  }
  // Of the same kind and filter as the list on the screen; the server reads them again.
  const input = { ...asked, locale: locale.value } as Parameters<typeof api.property.exports.create.mutate>[0]
  await api.property.exports.create.mutate(input)
  isWanted.value = true
  await looked()
  return null
}

export const downloadExport = async ({ id }: Pick<ExportRow, 'id'>) => save(await fetchFile(`${ADDRESS}/${id}/file`))

export const cancelExport = async ({ id }: Pick<ExportRow, 'id'>) => {
  await api.property.exports.cancel.mutate({ id })
  await looked()
}
