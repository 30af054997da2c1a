import { t } from '../../i18n/i18n.ts'
import type { Column } from '../../ui/columns.ts'
import type { Residency } from './queries.ts'
import { formatPeriod, fullName } from './residency.ts'

export const RESIDENCY_SORTS = ['startsOn', 'createdAt'] as const

export const residencyColumns = (today: string): Column<Residency>[] => [
  {
    key: 'name',
    label: t('people.column.name'),
    to: ({ person }) => ({ name: 'person', params: { id: person.id } }),
    text: ({ person }) => fullName(person),
    inCard: true,
    width: '170px',
  },
  { key: 'unit', label: t('people.column.unit'), inCard: true, width: '70px' },
  {
    key: 'building',
    label: t('people.column.building'),
    text: ({ unit }) => unit.building,
    inCard: true,
    width: '90px',
  },
  {
    key: 'complex',
    label: t('people.column.complex'),
    optional: true,
    text: ({ unit }) => unit.complex,
    width: '140px',
  },
  { key: 'kind', label: t('people.column.kind'), inCard: true },
  {
    key: 'period',
    label: t('people.column.period'),
    sort: 'startsOn',
    optional: true,
    width: '170px',
    text: (residency) => formatPeriod(residency, today),
  },
  { key: 'email', label: t('people.email'), optional: true, isWide: true },
  { key: 'phone', label: t('people.phone'), optional: true, isWide: true },
]
