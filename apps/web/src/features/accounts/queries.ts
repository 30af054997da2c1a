import { useQuery } from '@tanstack/vue-query'
import { computed, reactive, toValue, type MaybeRefOrGetter } from 'vue'
import { api, type Inputs, type Outputs } from '../../api.ts'
import { queryClient } from '../../session.ts'
import { useKeysetList } from '../../ui/useKeysetList.ts'

export type Account = Outputs['accounts']['get']
export type AccountRow = Outputs['accounts']['list']['items'][number]
export type FactorReset = Outputs['accounts']['factorResets']['list']['items'][number]
export type Impersonation = Outputs['accounts']['impersonations']['list']['items'][number]
/** The account itself, or a person of the company who has one. */
export type AccountRef = { id?: string | undefined; personId?: string | undefined }

const ALL = ['accounts'] as const
const PAGE_ROWS = 50

export const useAccounts = (filter: MaybeRefOrGetter<Pick<Inputs['accounts']['list'], 'q' | 'status'>>) =>
  useKeysetList({
    key: [...ALL, 'list'],
    filter,
    fetch: (asked, cursor, signal) => api.accounts.list.query({ ...asked, cursor, limit: PAGE_ROWS }, { signal }),
  })

const keyOf = ({ id, personId }: AccountRef) => [...ALL, 'one', id ?? null, personId ?? null]

export const useAccount = (ref: MaybeRefOrGetter<AccountRef>) =>
  reactive(
    useQuery({
      queryKey: computed(() => keyOf(toValue(ref))),
      queryFn: ({ signal }) => {
        const { id = '', personId } = toValue(ref)
        return personId
          ? api.accounts.ofPerson.query({ id: personId }, { signal })
          : api.accounts.get.query({ id }, { signal })
      },
      staleTime: 0,
    }),
  )

export const useFactorResets = () =>
  useKeysetList({
    key: [...ALL, 'requests'],
    filter: {},
    fetch: (_, cursor, signal) => api.accounts.factorResets.list.query({ cursor, limit: PAGE_ROWS }, { signal }),
  })

export const useImpersonations = () =>
  useKeysetList({
    key: [...ALL, 'impersonations'],
    filter: {},
    fetch: (_, cursor, signal) => api.accounts.impersonations.list.query({ cursor, limit: PAGE_ROWS }, { signal }),
  })

const changed = async <T>(act: Promise<T>): Promise<T> => {
  const answer = await act
  await queryClient.invalidateQueries({ queryKey: ALL })
  return answer
}

export const disableAccount = (input: Inputs['accounts']['disable']) => changed(api.accounts.disable.mutate(input))
export const enableAccount = (id: string) => changed(api.accounts.enable.mutate({ id }))
export const endSessions = (id: string) => changed(api.accounts.endSessions.mutate({ id }))
export const sendReset = (id: string) => changed(api.accounts.sendReset.mutate({ id }))
export const requestFactorReset = (input: Inputs['accounts']['factorResets']['request']) =>
  changed(api.accounts.factorResets.request.mutate(input))
export const approveFactorReset = (id: string) => changed(api.accounts.factorResets.approve.mutate({ id }))
export const cancelFactorReset = (id: string) => changed(api.accounts.factorResets.cancel.mutate({ id }))

export const refuseFactorReset = (token: string) => api.accounts.factorResets.refuse.mutate({ token })

export const useOwnFactorReset = () =>
  reactive(
    useQuery({
      queryKey: [...ALL, 'own-request'],
      queryFn: async ({ signal }) => (await api.accounts.factorResets.own.query(undefined, { signal })).reset,
      staleTime: 0,
    }),
  )
export const refuseOwnFactorReset = () => changed(api.accounts.factorResets.refuseOwn.mutate())
