import { useQuery } from '@tanstack/vue-query'
import { reactive } from 'vue'
import { api, type Inputs, type Outputs } from '../../../api.ts'
import { goOn, queryClient } from '../../../session.ts'
import { createPasskey } from './browser.ts'

export type Passkey = Outputs['auth']['passkeys']['list']['items'][number]

/** Of all that is known of the account's security. */
const AUTH = ['auth'] as const

const refresh = () => queryClient.invalidateQueries({ queryKey: AUTH })

export const usePasskeys = () =>
  reactive(
    useQuery({
      queryKey: [...AUTH, 'passkeys'],
      queryFn: async ({ signal }) => (await api.auth.passkeys.list.query(undefined, { signal })).items,
      staleTime: 0,
    }),
  )

/** @throws PasskeyError where browser or device made none, and what the API throws */
export const addPasskey = async () => {
  const { passkey, recoveryCodes, ...renewed } = await createPasskey()
  await Promise.all([refresh(), goOn(renewed)])
  return { passkey, recoveryCodes }
}

export const renamePasskey = async (input: Inputs['auth']['passkeys']['rename']) => {
  const renamed = await api.auth.passkeys.rename.mutate(input)
  await refresh()
  return renamed
}

export const removePasskey = async ({ id }: Passkey) => {
  const renewed = await api.auth.passkeys.remove.mutate({ id })
  await Promise.all([refresh(), goOn(renewed)])
}
