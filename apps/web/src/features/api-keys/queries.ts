import { useQuery } from '@tanstack/vue-query'
import { computed, reactive, toValue, type MaybeRefOrGetter } from 'vue'
import { api, type Inputs, type Outputs } from '../../api.ts'
import { queryClient } from '../../session.ts'
import { useKeysetList } from '../../ui/useKeysetList.ts'

export type ApiKey = Outputs['apiKeys']['list']['items'][number]
export type CreatedApiKey = Outputs['apiKeys']['create']
export type OfferedRole = Outputs['apiKeys']['offered']['items'][number]
type Filter = Omit<Inputs['apiKeys']['list'], 'cursor' | 'limit'>

const KEYS = ['api-keys'] as const
const PAGE_ROWS = 50

const refresh = () => void queryClient.invalidateQueries({ queryKey: KEYS })

export const useApiKeys = (filter: MaybeRefOrGetter<Filter>) =>
  useKeysetList({
    key: KEYS,
    filter,
    fetch: (asked, cursor, signal) => api.apiKeys.list.query({ ...asked, cursor, limit: PAGE_ROWS }, { signal }),
  })

export const useOfferedRoles = (isNeeded: MaybeRefOrGetter<boolean>) =>
  reactive(
    useQuery({
      queryKey: [...KEYS, 'offered'],
      queryFn: async ({ signal }) => (await api.apiKeys.offered.query(undefined, { signal })).items,
      enabled: computed(() => toValue(isNeeded)),
    }),
  )

const after = async <T>(work: Promise<T>) => {
  const answer = await work
  refresh()
  return answer
}

export const createApiKey = (input: Inputs['apiKeys']['create']) => after(api.apiKeys.create.mutate(input))
export const rotateApiKey = (input: Inputs['apiKeys']['rotate']) => after(api.apiKeys.rotate.mutate(input))
export const revokeApiKey = ({ id }: Pick<ApiKey, 'id'>) => after(api.apiKeys.revoke.mutate({ id }))
