import { deriveToken } from '@servai/auth/one-time-token'
import { database } from '@servai/db/test/factories'
import { services } from './callers.ts'

/** The token in the newest message of this invite, made as the worker makes it. */
export const inviteTokenOf = async (id: string) => {
  const [row] = await database.lookup<{ id: string; nonce: string; kid: string }>(
    'select id, nonce, key_id as kid from staff_invites where id = $1',
    [id],
  )
  if (!row) throw new Error('no such invite')
  return deriveToken(services.tokenKeys, { purpose: 'staff_invite', ...row })
}
