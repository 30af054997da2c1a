import { importSummary, type ImportKind, type ImportSummary } from '@servai/contract/imports'
import { access, requestHeaders } from '../../api.ts'
import { failureOf, RequestError, UNREACHABLE } from '../../errors.ts'

const TYPES: Record<string, string> = {
  csv: 'text/csv',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
}

const extensionOf = (name: string) => /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? ''

export const isSpreadsheet = ({ name }: { name: string }) => Object.hasOwn(TYPES, extensionOf(name))

/** By the name: what the system says of a CSV depends on the programs that are installed. */
export const contentTypeOf = (name: string) => TYPES[extensionOf(name)] ?? 'application/octet-stream'

export type Progress = {
  /** 0 to 1, of the bytes sent. */
  sent: number
}

type Options = {
  kind: ImportKind
  /** Empty where a column of the file names the complex. */
  complexId: string
  file: File
  onProgress: (progress: Progress) => void
  /** Stops the upload; the promise is rejected with an `AbortError`. */
  signal: AbortSignal
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

type Answer = { status: number; body: unknown }

/** Through XMLHttpRequest: `fetch` does not say how much of a body has been sent. */
const post = (headers: Record<string, string>, { kind, complexId, file, onProgress, signal }: Options) =>
  new Promise<Answer>((resolve, reject) => {
    const request = new XMLHttpRequest()
    const stop = () => request.abort()
    signal.addEventListener('abort', stop)
    const query = new URLSearchParams({ kind, ...(complexId && { complexId }) })
    request.open('POST', `/api/v1/property/imports?${query}`)
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.upload.addEventListener('progress', ({ loaded, total }) =>
      onProgress({ sent: total > 0 ? loaded / total : 0 }),
    )
    request.upload.addEventListener('load', () => onProgress({ sent: 1 }))
    request.addEventListener('load', () => resolve({ status: request.status, body: jsonOf(request.responseText) }))
    request.addEventListener('error', () => reject(new RequestError(UNREACHABLE)))
    request.addEventListener('abort', () => reject(new DOMException('The upload was stopped', 'AbortError')))
    request.addEventListener('loadend', () => signal.removeEventListener('abort', stop))
    request.send(file)
  })

/**
 * Sends a spreadsheet; it is read once this resolves.
 *
 * @throws RequestError with the reason of the server, AbortError
 */
export const uploadImport = async (options: Options): Promise<ImportSummary> => {
  const { name } = options.file
  const headers = async () => ({
    ...(await requestHeaders()),
    'content-type': contentTypeOf(name),
    'x-file-name': encodeURIComponent(name),
  })
  let answer = await post(await headers(), options)
  if (answer.status === 401 && (await access.renew())) answer = await post(await headers(), options)
  const result = importSummary.safeParse(answer.body)
  if (answer.status < 300 && result.success) return result.data
  const { error } = (answer.body ?? {}) as { error?: unknown }
  throw new RequestError(failureOf(error, answer.status))
}
