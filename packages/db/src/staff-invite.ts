import type { Database } from './index.ts'
import type { StaffRole } from './schema/enums.ts'

/** An invite that can be accepted, with what makes its token again. */
export type InviteToSend = {
  id: string
  email: string
  locale: string
  role: StaffRole
  company: string
  /** Where the company stands. */
  timezone: string
  nonce: string
  keyId: string
  expiresAtMs: number
}

/** `null` for one that was accepted, withdrawn or removed, that has expired, or whose company is gone. */
export const loadStaffInvite = async (database: Pick<Database, 'lookup'>, inviteId: string) => {
  const [row] = await database.lookup<InviteToSend>(
    `select i.id, i.email, i.locale, i.role, c.name as company, c.timezone, i.nonce, i.key_id as "keyId",
       (extract(epoch from i.expires_at) * 1000)::float8 as "expiresAtMs"
     from staff_invites i join companies c on c.id = i.company_id
     where i.id = $1 and i.deleted_at is null and i.accepted_at is null and i.revoked_at is null and i.expires_at > now()
       and c.deleted_at is null`,
    [inviteId],
  )
  return row ?? null
}
