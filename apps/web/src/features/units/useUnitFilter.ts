import { computed } from 'vue'
import { t } from '../../i18n/i18n.ts'
import { hasRole } from '../../session.ts'
import { useUrlQuery } from '../../ui/useUrlQuery.ts'
import { useEntranceOptions } from '../buildings/entrance-queries.ts'
import { useBuildingOptions } from '../buildings/queries.ts'
import { useComplexOptions } from '../complexes/queries.ts'
import { EDITORS } from '../property/roles.ts'
import { idOrNone } from '../property/url.ts'
import { typeFilter, useTypeChoices } from './types.ts'

const DEFAULTS = {
  q: '',
  complex: '',
  building: '',
  entrance: '',
  type: '',
  sort: 'number',
  order: 'asc',
  removed: '',
}

/** What the list of units is narrowed to: kept in the URL, offered as choices, named by chips. */
export const useUnitFilter = () => {
  const url = useUrlQuery(DEFAULTS)
  const isEditor = hasRole(EDITORS)
  const types = useTypeChoices()

  const complexId = computed(() => idOrNone(url.values.value.complex) ?? '')
  const buildingId = computed(() => idOrNone(url.values.value.building) ?? '')
  const entranceId = computed(() => idOrNone(url.values.value.entrance) ?? '')
  const type = computed(() => types.value.find(({ value }) => value === url.values.value.type)?.value ?? '')

  const complexes = useComplexOptions()
  const buildings = useBuildingOptions(complexId)
  const entrances = useEntranceOptions(buildingId)

  const isShowingRemoved = computed({
    get: () => isEditor && url.values.value.removed === '1',
    set: (isOn) => url.set({ removed: isOn ? '1' : '' }),
  })

  const choices = {
    complexes: computed(() => (complexes.data ?? []).map(({ id, name }) => ({ value: id, label: name }))),
    buildings: computed(() =>
      (buildings.data ?? []).map(({ id, name, complex }) => ({
        value: id,
        label: complexId.value ? name : `${name} · ${complex.name}`,
      })),
    ),
    entrances: computed(() => (entrances.data ?? []).map(({ id, number }) => ({ value: id, label: number }))),
    types,
  }

  const nameOf = (options: readonly { value: string; label: string }[], value: string) =>
    options.find((option) => option.value === value)?.label ?? '…'

  const chips = computed(() => {
    const set = [
      {
        key: 'complex',
        value: complexId.value,
        noun: t('units.filter.complex'),
        name: nameOf(choices.complexes.value, complexId.value),
        without: { complex: '', building: '', entrance: '' },
      },
      {
        key: 'building',
        value: buildingId.value,
        noun: t('units.filter.building'),
        name: nameOf(choices.buildings.value, buildingId.value),
        without: { building: '', entrance: '' },
      },
      {
        key: 'entrance',
        value: entranceId.value,
        noun: t('units.filter.entrance'),
        name: nameOf(choices.entrances.value, entranceId.value),
        without: { entrance: '' },
      },
      {
        key: 'type',
        value: type.value,
        noun: t('units.filter.type'),
        name: nameOf(types.value, type.value),
        without: { type: '' },
      },
    ]
    return set
      .filter(({ value }) => value)
      .map(({ key, noun, name, without }) => ({ key, label: `${noun}: ${name}`, remove: () => url.set(without) }))
  })

  return {
    search: url.field('q'),
    sort: url.field('sort'),
    order: url.field('order'),
    // A narrower choice belongs to the wider one above it.
    complex: computed({
      get: () => complexId.value,
      set: (complex) => url.set({ complex, building: '', entrance: '' }),
    }),
    building: computed({ get: () => buildingId.value, set: (building) => url.set({ building, entrance: '' }) }),
    entrance: computed({ get: () => entranceId.value, set: (entrance) => url.set({ entrance }) }),
    type: computed({ get: () => type.value, set: (word) => url.set({ type: word }) }),
    isShowingRemoved,
    choices,
    chips,
    clear: () => url.clear(),
    filter: computed(() => {
      const { q } = url.values.value
      return {
        ...(q && { q }),
        ...(complexId.value && { complexId: complexId.value }),
        ...(buildingId.value && { buildingId: buildingId.value }),
        ...(entranceId.value && { entranceId: entranceId.value }),
        ...typeFilter(url.values.value.type),
        includeRemoved: isShowingRemoved.value,
      }
    }),
  }
}
