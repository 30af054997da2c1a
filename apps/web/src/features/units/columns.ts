import { formatNumber } from '../../i18n/format.ts'
import { locale, t } from '../../i18n/i18n.ts'
import type { Column } from '../../ui/columns.ts'
import { formatArea } from './area.ts'
import type { Unit } from './queries.ts'
import { formatShare } from './share.ts'

export const UNIT_SORTS = ['number', 'floor', 'areaM2', 'createdAt'] as const

/** `Apartment 12`: a number alone says little. */
export const nameInCard = ({ type, number }: Pick<Unit, 'type' | 'number'>) => t(`homes.types.${type}`, { number })

/** `inBuilding`: on the page of their building, which need not be said again. */
export const unitColumns = (inBuilding: boolean): Column<Unit>[] => [
  {
    key: 'number',
    label: t('units.column.number'),
    sort: 'number',
    width: '110px',
    to: ({ id }) => ({ name: 'unit', params: { id } }),
    text: ({ number }) => number,
    inCard: true,
  },
  ...(inBuilding
    ? []
    : [
        {
          key: 'complex',
          label: t('units.column.complex'),
          optional: true,
          text: ({ complex }: Unit) => complex.name,
        },
        {
          key: 'building',
          label: t('units.column.building'),
          text: ({ building }: Unit) => building.name,
          inCard: true,
        },
      ]),
  {
    key: 'entrance',
    label: t('units.column.entrance'),
    optional: true,
    isWide: !inBuilding,
    text: ({ entrance }) => entrance?.number ?? '—',
  },
  {
    key: 'floor',
    label: t('units.column.floor'),
    sort: 'floor',
    align: 'end',
    width: '96px',
    optional: true,
    text: ({ floor }) => formatNumber(floor),
  },
  { key: 'type', label: t('units.column.type'), optional: true, inCard: true },
  {
    key: 'area',
    label: t('units.column.area'),
    sort: 'areaM2',
    align: 'end',
    width: '130px',
    optional: true,
    text: ({ areaM2 }) => (areaM2 === null ? '—' : formatArea(areaM2, locale.value)),
    inCard: inBuilding,
  },
  {
    key: 'share',
    label: t('units.column.share'),
    align: 'end',
    width: '130px',
    optional: true,
    isWide: true,
    text: ({ share }) => (share ? formatShare(share, locale.value) : '—'),
  },
  {
    key: 'residents',
    label: t('units.column.residents'),
    align: 'end',
    width: '110px',
    text: ({ residents }) => formatNumber(residents),
    inCard: true,
  },
]
