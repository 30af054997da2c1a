import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { api } from '../../api.ts'

const deviceKeys = { list: ['auth', 'sessions'] as const }

/** The sessions of the person, the present one first. */
export const useDevices = () =>
  useQuery({
    queryKey: deviceKeys.list,
    queryFn: async ({ signal }) => {
      const { items } = await api.auth.sessions.query(undefined, { signal })
      return items.toSorted((a, b) => Number(b.current) - Number(a.current))
    },
    staleTime: 0,
  })

export const useSignOutDevice = () => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => api.auth.revokeSession.mutate({ id }),
    onSettled: () => client.invalidateQueries({ queryKey: deviceKeys.list }),
  })
}
