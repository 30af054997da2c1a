import type { Database } from './index.ts'

type Reader = Pick<Database, 'lookup'>

/** Purpose of the token in the message to the owner of an account. */
export const FACTOR_RESET_TOKEN = 'refuse_factor_reset'

/** A request to take the second factor off an account, for the messages about it. */
export type FactorResetNotice = {
  id: string
  userId: string
  /** Of the account. */
  name: string
  email: string
  requestedBy: string
  /** NULL: asked for by the platform. */
  company: string | null
  reason: string
  expiresAtMs: number
}

const NOTICE = `
  select r.id, r.user_id as "userId", u.first_name || ' ' || u.last_name as name, u.email,
    q.first_name || ' ' || q.last_name as "requestedBy", c.name as company, r.reason,
    (extract(epoch from r.expires_at) * 1000)::float8 as "expiresAtMs"
  from factor_resets r
  join users u on u.id = r.user_id
  join users q on q.id = r.requested_by
  left join companies c on c.id = r.company_id
  where r.id = $1`

/** `null` once it is decided or over. */
export const loadOpenFactorReset = async (database: Reader, resetId: string): Promise<FactorResetNotice | null> => {
  const [row] = await database.lookup<FactorResetNotice>(
    `${NOTICE} and r.approved_at is null and r.cancelled_at is null and r.expires_at > now()`,
    [resetId],
  )
  return row ?? null
}
