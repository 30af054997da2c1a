import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { api } from '../../api.ts'

const deviceKeys = { list: ['auth', 'sessions'] as const }

/** The sessions of the person, the present one first. */
export const useDevices = () =>
  useQuery({
    queryKey: deviceKeys.list,
    queryFn: async ({ signal }) => (await api.auth.sessions.query(undefined, { signal })).items,
    staleTime: 0,
  })

export const useSignOutDevice = () => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => api.auth.revokeSession.mutate({ id }),
    onSettled: () => client.invalidateQueries({ queryKey: deviceKeys.list }),
  })
}

export const useSignOutOthers = () => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => api.auth.revokeOtherSessions.mutate(),
    onSettled: () => client.invalidateQueries({ queryKey: deviceKeys.list }),
  })
}
