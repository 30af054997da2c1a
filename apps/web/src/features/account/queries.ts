import { useQuery } from '@tanstack/vue-query'
import { reactive } from 'vue'
import { api, type Inputs, type Outputs } from '../../api.ts'
import { forgetSession, queryClient } from '../../session.ts'
import { fetchFile, save } from '../lists/export-queries.ts'

const changeKey = ['auth', 'email-change'] as const
const copiesKey = ['auth', 'personal-data'] as const
const POLL_MS = 2_000

export type AccountCopy = Outputs['auth']['personalData']['exports']['items'][number]

/** The change that waits; looked at again when somebody comes back from a mailbox. */
export const useEmailChange = () =>
  reactive(
    useQuery({
      queryKey: changeKey,
      queryFn: ({ signal }) => api.auth.emailChange.status.query(undefined, { signal }),
      staleTime: 0,
      refetchOnWindowFocus: 'always',
    }),
  )

const changeLooked = () => queryClient.invalidateQueries({ queryKey: changeKey })

export const startEmailChange = async (input: Inputs['auth']['emailChange']['start']) => {
  await api.auth.emailChange.start.mutate(input)
  await changeLooked()
}

export const cancelEmailChange = async () => {
  await api.auth.emailChange.cancel.mutate()
  await changeLooked()
}

export const isUnderWay = ({ status }: Pick<AccountCopy, 'status'>) => status === 'queued' || status === 'running'

export const useAccountCopies = () =>
  reactive(
    useQuery({
      queryKey: copiesKey,
      queryFn: async ({ signal }) => (await api.auth.personalData.exports.query(undefined, { signal })).items,
      staleTime: 0,
      refetchInterval: ({ state }) => (state.data?.some(isUnderWay) ? POLL_MS : false),
    }),
  )

export const requestCopy = async () => {
  await api.auth.personalData.request.mutate()
  await queryClient.invalidateQueries({ queryKey: copiesKey })
}

/** Through `fetch`: no address opens it without the access token. Resolves to the name of the file. */
export const downloadCopy = async ({ id }: Pick<AccountCopy, 'id'>) =>
  save(await fetchFile(`/api/v1/auth/personal-data/exports/${id}/file`))

export const eraseAccount = async (input: Inputs['auth']['personalData']['erase']) => {
  await api.auth.personalData.erase.mutate(input)
  forgetSession()
}
