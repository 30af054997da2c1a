import { t } from '../../i18n/i18n.ts'

export const CLAIM_KINDS = { pending: 'caution', approved: 'good', declined: 'bad', withdrawn: 'plain' } as const

export const statedInWords = ({ building, unit }: { building: string; unit: string }) =>
  building ? t('claims.stated', { building, unit }) : t('claims.statedUnit', { unit })
