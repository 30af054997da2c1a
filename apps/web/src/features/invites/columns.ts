import { formatDate } from '../../i18n/format.ts'
import { t } from '../../i18n/i18n.ts'
import { session } from '../../session.ts'
import type { Column } from '../../ui/columns.ts'
import type { Invite } from './queries.ts'
import { personInWords, usesInWords } from './words.ts'

const zone = () => session.context?.company?.timezone

export const inviteColumns = (): Column<Invite>[] => [
  {
    key: 'unit',
    label: t('invites.column.unit'),
    width: '96px',
    to: ({ id }) => ({ name: 'invite', params: { id } }),
    text: ({ unit }) => unit.number,
    cardText: ({ unit }) => t('units.named', { number: unit.number }),
    inCard: true,
  },
  {
    key: 'place',
    label: t('invites.column.place'),
    text: ({ unit }) => t('invites.place', { complex: unit.complex, building: unit.building }),
    optional: true,
    inCard: true,
  },
  {
    key: 'kind',
    label: t('invites.column.kind'),
    width: '140px',
    text: ({ kind }) => t(`people.kind.${kind}`),
    optional: true,
  },
  { key: 'person', label: t('invites.column.person'), text: personInWords, optional: true },
  { key: 'uses', label: t('invites.column.uses'), align: 'end', width: '110px', text: usesInWords },
  {
    key: 'expires',
    label: t('invites.column.expires'),
    width: '150px',
    text: ({ expiresAt }) => formatDate(expiresAt, zone()),
    optional: true,
  },
  { key: 'status', label: t('invites.column.status'), width: '132px', inCard: true },
  {
    key: 'createdBy',
    label: t('invites.column.createdBy'),
    text: ({ createdBy }) => createdBy ?? '—',
    optional: true,
    isWide: true,
  },
]
