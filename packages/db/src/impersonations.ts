import type { Database } from './index.ts'
import type { AccessLevel } from './schema/enums.ts'

/** What the owner of an account is told when somebody has acted as them. */
export type ImpersonationNotice = {
  userId: string
  reason: string
  access: AccessLevel
  startedAtMs: number
  /** When it was ended, or its session was, or its time was up. */
  endedAtMs: number
  wasEnded: boolean
}

const NOTICE = `
  select i.user_id as "userId", i.reason, i.access, i.ended_at is not null as "wasEnded",
    (extract(epoch from i.created_at) * 1000)::float8 as "startedAtMs",
    (extract(epoch from least(i.ended_at, s.revoked_at, i.expires_at)) * 1000)::float8 as "endedAtMs"
  from impersonations i
  join sessions s on s.id = i.session_id
  where i.id = $1`

/** `null` once it is forgotten. */
export const loadImpersonationNotice = async (
  database: Pick<Database, 'lookup'>,
  impersonationId: string,
): Promise<ImpersonationNotice | null> => {
  const [row] = await database.lookup<ImpersonationNotice>(NOTICE, [impersonationId])
  return row ?? null
}
