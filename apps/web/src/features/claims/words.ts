import { t } from '../../i18n/i18n.ts'
import { numberIn } from './stated-number.ts'

export const CLAIM_KINDS = { pending: 'caution', approved: 'good', declined: 'bad', withdrawn: 'plain' } as const

type Stated = { building: string; unit: string }

/** As they wrote it: a bare number with its sign, anything longer without. */
export const statedInWords = ({ building, unit }: Stated) => {
  const home = numberIn(unit) === unit ? t('claims.statedNumber', { number: unit }) : unit
  return building ? t('claims.stated', { building, home }) : home
}
