import { RESIDENCY_KINDS } from '@servai/contract/property'
import { computed } from 'vue'
import { t } from '../../i18n/i18n.ts'
import { hasRole } from '../../session.ts'
import { useUrlQuery } from '../../ui/useUrlQuery.ts'
import { useBuildingOptions } from '../buildings/queries.ts'
import { useComplexOptions } from '../complexes/queries.ts'
import { EDITORS } from '../property/roles.ts'
import { idOrNone, oneOf, wordOrNone } from '../property/url.ts'
import type { PeopleFilter } from './person-queries.ts'

const DEFAULTS = {
  q: '',
  complex: '',
  building: '',
  kind: '',
  account: '',
  home: '',
  sort: 'name',
  order: 'asc',
  removed: '',
}

/** What the list of people is narrowed to: kept in the URL, offered as choices, named by chips. */
export const usePeopleFilter = () => {
  const url = useUrlQuery(DEFAULTS)
  const isEditor = hasRole(EDITORS)

  const complexId = computed(() => idOrNone(url.values.value.complex) ?? '')
  const buildingId = computed(() => idOrNone(url.values.value.building) ?? '')
  const kind = computed(() => wordOrNone(RESIDENCY_KINDS, url.values.value.kind) ?? '')
  const account = computed(() => wordOrNone(['yes', 'no'], url.values.value.account) ?? '')
  const home = computed(() => wordOrNone(['none'], url.values.value.home) ?? '')

  const complexes = useComplexOptions()
  const buildings = useBuildingOptions(complexId)

  const choices = {
    complexes: computed(() => (complexes.data ?? []).map(({ id, name }) => ({ value: id, label: name }))),
    buildings: computed(() =>
      (buildings.data ?? []).map(({ id, name, complex }) => ({
        value: id,
        label: complexId.value ? name : `${name} · ${complex.name}`,
      })),
    ),
    kinds: computed(() =>
      RESIDENCY_KINDS.map((value) => ({ value: value as string, label: t(`people.kind.${value}`) })),
    ),
    accounts: computed(() => [
      { value: 'yes', label: t('people.person.connected') },
      { value: 'no', label: t('people.person.notConnected') },
    ]),
    homes: computed(() => [{ value: 'none', label: t('people.person.withoutHome') }]),
  }

  const nameOf = (options: readonly { value: string; label: string }[], value: string) =>
    options.find((option) => option.value === value)?.label ?? '…'

  const chips = computed(() =>
    [
      {
        key: 'complex',
        value: complexId.value,
        options: choices.complexes.value,
        without: { complex: '', building: '' },
      },
      { key: 'building', value: buildingId.value, options: choices.buildings.value, without: { building: '' } },
      { key: 'kind', value: kind.value, options: choices.kinds.value, without: { kind: '' } },
      { key: 'account', value: account.value, options: choices.accounts.value, without: { account: '' } },
      { key: 'home', value: home.value, options: choices.homes.value, without: { home: '' } },
    ]
      .filter(({ value }) => value)
      .map(({ key, value, options, without }) => ({
        key,
        label: nameOf(options, value),
        remove: () => url.set(without),
      })),
  )

  const isShowingRemoved = computed({
    get: () => isEditor && url.values.value.removed === '1',
    set: (isOn: boolean) => url.set({ removed: isOn ? '1' : '' }),
  })

  return {
    search: url.field('q'),
    sort: url.field('sort'),
    order: url.field('order'),
    complex: computed({ get: () => complexId.value, set: (complex) => url.set({ complex, building: '' }) }),
    building: computed({ get: () => buildingId.value, set: (building) => url.set({ building }) }),
    kind: computed({ get: () => kind.value, set: (word) => url.set({ kind: word }) }),
    account: computed({ get: () => account.value, set: (word) => url.set({ account: word }) }),
    home: computed({ get: () => home.value, set: (word) => url.set({ home: word }) }),
    isShowingRemoved,
    choices,
    chips,
    clear: () => url.clear(),
    filter: computed((): PeopleFilter => {
      const { q, sort, order } = url.values.value
      return {
        ...(q && { q }),
        ...(complexId.value && { complexId: complexId.value }),
        ...(buildingId.value && { buildingId: buildingId.value }),
        ...(kind.value && { kind: kind.value }),
        ...(account.value && { hasAccount: account.value === 'yes' }),
        ...(home.value && { withoutHome: true }),
        sort: oneOf(['name', 'createdAt'], sort),
        order: oneOf(['asc', 'desc'], order),
        includeRemoved: isShowingRemoved.value,
      }
    }),
  }
}
