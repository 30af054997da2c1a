import { INVITE_STATUSES } from '@servai/contract/invites'
import { computed } from 'vue'
import { t } from '../../i18n/i18n.ts'
import { useUrlQuery } from '../../ui/useUrlQuery.ts'
import { useEntranceOptions } from '../buildings/entrance-queries.ts'
import { useBuildingOptions } from '../buildings/queries.ts'
import { useComplexOptions } from '../complexes/queries.ts'
import { idOrNone, wordOrNone } from '../property/url.ts'

const DEFAULTS = { q: '', complex: '', building: '', entrance: '', status: '' }

/** What the list of invites is narrowed to: kept in the URL, offered as choices, named by chips. */
export const useInviteFilter = () => {
  const url = useUrlQuery(DEFAULTS)
  const idIn = (key: 'complex' | 'building' | 'entrance') => computed(() => idOrNone(url.values.value[key]) ?? '')
  const [complexId, buildingId, entranceId] = [idIn('complex'), idIn('building'), idIn('entrance')]
  const status = computed(() => wordOrNone(INVITE_STATUSES, url.values.value.status))

  const complexes = useComplexOptions()
  const buildings = useBuildingOptions(complexId)
  const entrances = useEntranceOptions(buildingId)

  const choices = {
    complexes: computed(() => (complexes.data ?? []).map(({ id, name }) => ({ value: id, label: name }))),
    buildings: computed(() =>
      (buildings.data ?? []).map(({ id, name, complex }) => ({
        value: id,
        label: complexId.value ? name : `${name} · ${complex.name}`,
      })),
    ),
    entrances: computed(() => (entrances.data ?? []).map(({ id, number }) => ({ value: id, label: number }))),
    statuses: computed(() => INVITE_STATUSES.map((value) => ({ value, label: t(`invites.status.${value}`) }))),
  }

  const nameOf = (options: readonly { value: string; label: string }[], value: string) =>
    options.find((option) => option.value === value)?.label ?? '…'

  const chips = computed(() =>
    [
      {
        key: 'complex',
        noun: t('units.filter.complex'),
        value: complexId.value,
        name: nameOf(choices.complexes.value, complexId.value),
        without: { complex: '', building: '', entrance: '' },
      },
      {
        key: 'building',
        noun: t('units.filter.building'),
        value: buildingId.value,
        name: nameOf(choices.buildings.value, buildingId.value),
        without: { building: '', entrance: '' },
      },
      {
        key: 'entrance',
        noun: t('units.filter.entrance'),
        value: entranceId.value,
        name: nameOf(choices.entrances.value, entranceId.value),
        without: { entrance: '' },
      },
      {
        key: 'status',
        noun: t('invites.filter.status'),
        value: status.value ?? '',
        name: status.value ? t(`invites.status.${status.value}`) : '',
        without: { status: '' },
      },
    ]
      .filter(({ value }) => value)
      .map(({ key, noun, name, without }) => ({ key, label: `${noun}: ${name}`, remove: () => url.set(without) })),
  )

  return {
    search: url.field('q'),
    // A narrower choice belongs to the wider one above it.
    complex: computed({
      get: () => complexId.value,
      set: (complex) => url.set({ complex, building: '', entrance: '' }),
    }),
    building: computed({ get: () => buildingId.value, set: (building) => url.set({ building, entrance: '' }) }),
    entrance: computed({ get: () => entranceId.value, set: (entrance) => url.set({ entrance }) }),
    status: computed({ get: () => status.value ?? '', set: (word) => url.set({ status: word }) }),
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
        ...(status.value && { status: status.value }),
      }
    }),
  }
}
