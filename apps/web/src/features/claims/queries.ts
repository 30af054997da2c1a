import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { computed, reactive, toValue, type MaybeRefOrGetter } from 'vue'
import { api, type Inputs, type Outputs } from '../../api.ts'
import { queryClient } from '../../session.ts'
import { useKeysetList } from '../../ui/useKeysetList.ts'
import { everyRow, PAGE_ROWS, propertyKeys, showRow } from '../property/cache.ts'

export type Claim = Outputs['property']['claims']['get']
export type OwnClaim = Outputs['property']['claims']['create']
export type DirectoryComplex = Outputs['property']['claims']['complexes']['items'][number]
export type ClaimFilter = Pick<Inputs['property']['claims']['list'], 'complexId' | 'status'>

export const claimKeys = propertyKeys('claims')

export const useClaims = (filter: MaybeRefOrGetter<ClaimFilter>) =>
  useKeysetList({
    key: claimKeys.lists,
    filter,
    fetch: (asked, cursor, signal) =>
      api.property.claims.list.query({ ...asked, cursor, limit: PAGE_ROWS }, { signal }),
  })

export const useClaim = (id: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => claimKeys.one(toValue(id))),
      queryFn: ({ signal }) => api.property.claims.get.query({ id: toValue(id) }, { signal }),
    }),
  )

const PENDING_EVERY_MS = 120_000

export const usePendingClaims = () =>
  useQuery({
    queryKey: ['property', 'pending-claims'],
    queryFn: async ({ signal }) => (await api.property.claims.pending.query(undefined, { signal })).pending,
    refetchInterval: PENDING_EVERY_MS,
  })

const shown = (claim: Claim) => {
  showRow(claimKeys, claim)
  return claim
}

export const approveClaim = async (input: Inputs['property']['claims']['approve']) =>
  shown(await api.property.claims.approve.mutate(input))

export const declineClaim = async (input: Inputs['property']['claims']['decline']) =>
  shown(await api.property.claims.decline.mutate(input))

const OWN = ['own-claims'] as const

export const useOwnClaims = () =>
  reactive(
    useQuery({
      queryKey: OWN,
      queryFn: ({ signal }) => everyRow((cursor) => api.property.claims.mine.query({ cursor, limit: 100 }, { signal })),
    }),
  )

const WORDS_FROM = 3

export const useDirectory = (words: MaybeRefOrGetter<string>) =>
  reactive(
    useQuery({
      queryKey: computed(() => ['directory', toValue(words)] as const),
      queryFn: async ({ signal }) =>
        (await api.property.claims.complexes.query({ q: toValue(words) }, { signal })).items,
      enabled: computed(() => toValue(words).trim().length >= WORDS_FROM),
      placeholderData: keepPreviousData,
    }),
  )

const refreshOwn = <Answer>(answer: Answer) => {
  void queryClient.invalidateQueries({ queryKey: OWN })
  return answer
}

export const createClaim = async (input: Inputs['property']['claims']['create']) =>
  refreshOwn(await api.property.claims.create.mutate(input))

export const withdrawClaim = async ({ id }: { id: string }) =>
  refreshOwn(await api.property.claims.withdraw.mutate({ id }))
