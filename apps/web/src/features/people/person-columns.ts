import { t } from '../../i18n/i18n.ts'
import type { Column } from '../../ui/columns.ts'
import type { PersonRecord } from './person-queries.ts'

export const personColumns = (): Column<PersonRecord>[] => [
  {
    key: 'name',
    label: t('people.column.name'),
    sort: 'name',
    to: ({ id }) => ({ name: 'person', params: { id } }),
    inCard: true,
    width: '220px',
  },
  { key: 'homes', label: t('people.column.homes'), inCard: true },
  { key: 'email', label: t('people.email'), optional: true, isWide: true },
  { key: 'phone', label: t('people.phone'), optional: true, width: '170px', inCard: true },
  { key: 'account', label: t('people.column.account'), optional: true, width: '150px' },
]
