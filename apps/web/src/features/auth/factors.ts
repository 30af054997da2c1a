import { useQuery } from '@tanstack/vue-query'
import { reactive } from 'vue'
import { api, type Outputs } from '../../api.ts'
import { goOn, queryClient } from '../../session.ts'

export type Factors = Outputs['auth']['factors']['list']
export type TrustedDevice = Factors['trustedDevices'][number]

const keys = { list: ['auth', 'factors'] as const }

const refresh = () => queryClient.invalidateQueries({ queryKey: keys.list })

/** What is set up on the account that is signed in. */
export const useFactors = () =>
  reactive(
    useQuery({
      queryKey: keys.list,
      queryFn: ({ signal }) => api.auth.factors.list.query(undefined, { signal }),
      staleTime: 0,
    }),
  )

export const startTotp = () => api.auth.factors.startTotp.mutate()

/** Takes the app into use; resolves to the new recovery codes. */
export const confirmTotp = async (code: string) => {
  const { recoveryCodes, ...renewed } = await api.auth.factors.confirmTotp.mutate({ code })
  await Promise.all([refresh(), goOn(renewed)])
  return recoveryCodes
}

export const removeTotp = async () => {
  const renewed = await api.auth.factors.removeTotp.mutate()
  await Promise.all([refresh(), goOn(renewed)])
}

export const regenerateRecoveryCodes = async () => {
  const { recoveryCodes } = await api.auth.factors.regenerateRecoveryCodes.mutate()
  void refresh()
  return recoveryCodes
}

export const removeTrustedDevice = async (id: string) => {
  try {
    await api.auth.factors.removeTrustedDevice.mutate({ id })
  } finally {
    await refresh()
  }
}
