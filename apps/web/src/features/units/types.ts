import { UNIT_TYPES } from '@servai/contract/property'
import { computed } from 'vue'
import { t } from '../../i18n/i18n.ts'
import { idOrNone, wordOrNone } from '../property/url.ts'
import { useUnitTypeOptions } from '../unit-types/queries.ts'

/** The general types and the company's own, in one choice. */
export const useTypeChoices = () => {
  const own = useUnitTypeOptions()
  return computed(() => [
    ...UNIT_TYPES.map((value) => ({ value: value as string, label: t(`units.type.${value}`) })),
    ...(own.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
  ])
}

/** A word is a general type, an id one of the company's own, which decides the general one. */
export const typeInput = (value: string) => {
  const unitTypeId = idOrNone(value)
  return unitTypeId ? { unitTypeId } : { type: wordOrNone(UNIT_TYPES, value) ?? 'apartment', unitTypeId: null }
}

export const typeFilter = (value: string) => {
  const unitTypeId = idOrNone(value)
  const type = wordOrNone(UNIT_TYPES, value)
  return { ...(unitTypeId && { unitTypeId }), ...(type && { type }) }
}
