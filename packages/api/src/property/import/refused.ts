import { localeOf, type Locale } from '@servai/contract/locales'
import type { RequestContext } from '../../context.ts'
import { writeRefused, type RefusedFormat } from './refused-file.ts'
import { getFileOf, refusedRows } from './service.ts'
import { openReading } from './upload.ts'

const PAGE = 1_000

export type RefusedFile = { fileName: string; content: AsyncGenerator<Buffer> }

/**
 * The refused rows of an import as a file, in the caller's language unless told another. Rights are checked before the
 * first piece.
 *
 * @throws unauthenticated, forbidden, not_found import.not_found
 */
export const openRefusedFile = async (
  request: RequestContext,
  { id, format, locale }: { id: string; format: RefusedFormat; locale?: Locale | undefined },
): Promise<RefusedFile> => {
  const reading = await openReading(request)
  const { fileName, headers } = await reading.read((ctx) => getFileOf(ctx, id))
  const pages = (after: number) => reading.read((ctx) => refusedRows(ctx, id, after, PAGE))
  const base = fileName.replace(/\.[^.]*$/, '')
  return {
    fileName: `${base} - errors.${format}`,
    content: writeRefused(format, { headers, pages, locale: locale ?? localeOf(reading.locale) }),
  }
}
