import { BULK_LIMIT } from '@servai/contract/fields'
import { useQuery } from '@tanstack/vue-query'
import { computed, reactive, toValue, type MaybeRefOrGetter } from 'vue'
import { api, type Inputs, type Outputs } from '../../api.ts'
import { reasonOf } from '../../errors.ts'
import { t } from '../../i18n/i18n.ts'
import { notifyDone, notifyError, notifyRefused } from '../../ui/toasts.ts'
import { useKeysetList } from '../../ui/useKeysetList.ts'
import { listedRow, PAGE_ROWS, propertyKeys, refreshProperty, showRow } from '../property/cache.ts'
import { agreesToRemove, removeWithUndo, restoreRow } from '../property/removal.ts'
import { fullName } from './residency.ts'

/** What the company knows of somebody, with their homes. */
export type PersonRecord = Outputs['property']['people']['get']
export type PeopleFilter = Omit<Inputs['property']['people']['list'], 'cursor' | 'limit'>

export const peopleKeys = propertyKeys('people')

export const usePeople = (filter: MaybeRefOrGetter<PeopleFilter>) =>
  useKeysetList({
    key: peopleKeys.lists,
    filter,
    fetch: (asked, cursor, signal) =>
      api.property.people.list.query({ ...asked, cursor, limit: PAGE_ROWS }, { signal }),
  })

export const usePerson = (id: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => peopleKeys.one(toValue(id))),
      queryFn: ({ signal }) => api.property.people.get.query({ id: toValue(id) }, { signal }),
      placeholderData: () => listedRow<PersonRecord>(peopleKeys, toValue(id)),
    }),
  )

const SUGGESTIONS = 20

/** People whose name, address or number is like the words. */
export const usePeopleFound = (words: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => ['property', 'people', 'found', toValue(words)] as const),
      queryFn: async ({ signal }) =>
        (await api.property.people.list.query({ q: toValue(words), limit: SUGGESTIONS }, { signal })).items,
      enabled: computed(() => toValue(words).trim().length >= 2),
    }),
  )

const shown = (person: PersonRecord) => {
  showRow(peopleKeys, person)
  return person
}

export const createPerson = async (input: Inputs['property']['people']['create']) =>
  shown(await api.property.people.create.mutate(input))

export const updatePerson = async (input: Inputs['property']['people']['update']) =>
  shown(await api.property.people.update.mutate(input))

export const mergePeople = async (input: Inputs['property']['people']['merge']) =>
  shown(await api.property.people.merge.mutate(input))

/** For good; the list and the page show what stands in place of the name. */
export const erasePerson = async ({ id, version }: PersonRecord) => {
  const erased = shown(await api.property.people.erase.mutate({ id, version }))
  refreshProperty()
  return erased
}

const restored = async ({ id }: { id: string }) => shown(await api.property.people.restore.mutate({ id }))

export const removePerson = (person: PersonRecord) => {
  const name = fullName(person)
  return removeWithUndo({
    keys: peopleKeys,
    row: person,
    remove: (target) => api.property.people.remove.mutate(target),
    restore: restored,
    texts: { removed: t('people.person.removed', { name }), restored: t('people.person.restored', { name }) },
    along: { name, action: t('people.person.remove') },
  })
}

export const restorePerson = (person: PersonRecord) =>
  restoreRow(() => restored(person), t('people.person.restored', { name: fullName(person) }))

/** Asks once where homes or invites would go along. */
export const removePeople = async (rows: readonly PersonRecord[]): Promise<boolean> => {
  const count = rows.length
  if (count > BULK_LIMIT) {
    notifyRefused(t('registry.bulk.limit', { count: BULK_LIMIT }))
    return false
  }
  const attempt = async (cascade: boolean): Promise<boolean> => {
    try {
      await api.property.people.removeMany.mutate({ items: rows.map(({ id, version }) => ({ id, version })), cascade })
    } catch (error) {
      const failure = reasonOf(error)
      if (failure.reason === 'property.has_children' && !cascade) {
        const along = { name: t('registry.removal.manyPeople', { count }), action: t('registry.bulk.remove') }
        return (await agreesToRemove(along, failure.counts)) && attempt(true)
      }
      refreshProperty()
      notifyError(failure)
      return false
    }
    refreshProperty()
    notifyDone(t('registry.bulk.removedPeople', { count }), () =>
      restoreRow(
        async () => {
          await api.property.people.restoreMany.mutate({ items: rows.map(({ id }) => ({ id })) })
          refreshProperty()
        },
        t('registry.bulk.restoredPeople', { count }),
      ),
    )
    return true
  }
  return attempt(false)
}
