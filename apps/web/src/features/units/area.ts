const AREA = /^\d{1,8}(?:\.\d{1,2})?$/

/** Square metres as typed (`52,68`, `1 250.5`) as the contract's decimal text; `null` when it is not one above zero. */
export const parseArea = (text: string): string | null => {
  const plain = text.replace(/[\s\u00a0\u202f]/g, '').replace(',', '.')
  return AREA.test(plain) && Number(plain) > 0 ? plain : null
}

/** Two places, so that figures line up in a column. */
export const formatArea = (areaM2: string, locale: string) =>
  new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(Number(areaM2))

/** For editing: the stored digits with the locale's decimal sign and no grouping. */
export const areaText = (areaM2: string, locale: string) => areaM2.replace('.', decimalSign(locale))

export const decimalSign = (locale: string) =>
  new Intl.NumberFormat(locale).formatToParts(1.5).find(({ type }) => type === 'decimal')?.value ?? '.'
