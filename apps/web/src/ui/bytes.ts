import { locale } from '../i18n/i18n.ts'

const MB = 1024 * 1024

/** In kilobytes below one megabyte, in the words of the language. */
export const formatBytes = (bytes: number) =>
  new Intl.NumberFormat(locale.value, {
    style: 'unit',
    unit: bytes < MB ? 'kilobyte' : 'megabyte',
    maximumFractionDigits: bytes < MB ? 0 : 1,
  }).format(bytes < MB ? Math.max(1, bytes / 1024) : bytes / MB)
