import type { Database } from './index.ts'
import type { TokenPurpose } from './schema/enums.ts'

type Reader = Pick<Database, 'lookup'>

/** Whom a message goes to. */
export type Recipient = { email: string; firstName: string; locale: string; emailVerified: boolean }

/** What is needed to make a one-time token again. */
export type TokenSeed = { id: string; purpose: TokenPurpose; nonce: string; keyId: string; expiresAtMs: number }

const RECIPIENT = `u.email, u.first_name as "firstName", u.locale, u.email_verified_at is not null as "emailVerified"`
const MAY_GET_MAIL = `u.status = 'active' and u.deleted_at is null`

/** `null` for an account that is disabled, removed or unknown. */
export const loadRecipient = async (database: Reader, userId: string) => {
  const [row] = await database.lookup<Recipient>(
    `select ${RECIPIENT} from users u where u.id = $1 and ${MAY_GET_MAIL}`,
    [userId],
  )
  return row ?? null
}

/** Of a change that waits: the address goes with the change, not with the account. */
const AWAITED = `join email_changes c on c.user_id = t.user_id and c.new_email_key = t.email_key
       and c.done_at is null and c.cancelled_at is null`
const OWN_ADDRESS = `and u.email_key = t.email_key`

/** The same of an account that is disabled, to be told so. */
export const loadDisabledRecipient = async (database: Reader, userId: string) => {
  const [row] = await database.lookup<Recipient>(
    `select ${RECIPIENT} from users u where u.id = $1 and u.status = 'disabled' and u.deleted_at is null`,
    [userId],
  )
  return row ?? null
}

/** `null` for a company that is gone. */
export const loadCompanyName = async (database: Reader, companyId: string): Promise<string | null> => {
  const [row] = await database.lookup<{ name: string }>(
    'select name from companies where id = $1 and deleted_at is null',
    [companyId],
  )
  return row?.name ?? null
}

/** `null` unless the token is live and its account still has, or still waits for, the address it was made for. */
export const loadTokenRecipient = async (database: Reader, tokenId: string, purpose: TokenPurpose) => {
  const isAwaited = purpose === 'confirm_new_email'
  const [row] = await database.lookup<Recipient & TokenSeed>(
    `select ${RECIPIENT}${isAwaited ? ', c.new_email as email' : ''}, t.id, t.purpose, t.nonce, t.key_id as "keyId",
       (extract(epoch from t.expires_at) * 1000)::float8 as "expiresAtMs"
     from auth_tokens t join users u on u.id = t.user_id ${isAwaited ? AWAITED : OWN_ADDRESS}
     where t.id = $1 and t.purpose = $2 and t.used_at is null and t.voided_at is null and t.expires_at > now()
       and ${MAY_GET_MAIL}`,
    [tokenId, purpose],
  )
  return row ?? null
}

/** Whom an account was until its address changed; `null` once it is gone. */
export const loadFormerAddress = async (database: Reader, changeId: string) => {
  const [row] = await database.lookup<Pick<Recipient, 'email' | 'firstName' | 'locale'>>(
    `select c.old_email as email, u.first_name as "firstName", u.locale
     from email_changes c join users u on u.id = c.user_id
     where c.id = $1 and c.done_at is not null and ${MAY_GET_MAIL}`,
    [changeId],
  )
  return row ?? null
}

/** Whom an account was until it was erased; `null` once they have been told. */
export const loadFarewell = async (database: Reader, erasureId: string) => {
  const [row] = await database.lookup<{ email: string; locale: string }>(
    'select email, locale from account_erasures where id = $1 and email is not null',
    [erasureId],
  )
  return row ?? null
}

/** How a session was opened; `null` where it is not kept any more. */
export const loadSignIn = async (database: Reader, sessionId: string) => {
  const [row] = await database.lookup<{ userAgent: string; network: string }>(
    `select user_agent as "userAgent", address_prefix as network from sessions where id = $1`,
    [sessionId],
  )
  return row ?? null
}

/** What the message with an invite says, and what is needed to make its token again. */
export type InviteRecipient = {
  email: string
  firstName: string
  /** Of the company. */
  locale: string
  id: string
  nonce: string
  keyId: string
  expiresAtMs: number
  /** Of the complex. */
  timeZone: string
  company: string
  complex: string
  address: string
  unit: string
}

/** `null` unless the invite is active, its home stands and the person still has an address. */
export const loadInviteRecipient = async (
  database: Reader,
  { companyId, inviteId, personId }: { companyId: string; inviteId: string; personId: string },
) => {
  const [row] = await database.lookup<InviteRecipient>(
    `select p.email, p.first_name as "firstName", c.locale, i.id, i.nonce, i.key_id as "keyId",
       (extract(epoch from i.expires_at) * 1000)::float8 as "expiresAtMs", x.timezone as "timeZone",
       c.name as company, x.name as complex, x.city || ', ' || coalesce(nullif(b.address, ''), x.address) as address,
       n.number as unit
     from invites i
     join companies c on c.id = i.company_id
     join people p on p.company_id = i.company_id and p.id = $3
     join units n on n.company_id = i.company_id and n.id = i.unit_id
     join buildings b on b.company_id = n.company_id and b.id = n.building_id
     join complexes x on x.company_id = n.company_id and x.id = n.complex_id
     where i.company_id = $1 and i.id = $2 and i.deleted_at is null and i.revoked_at is null and i.expires_at > now()
       and (i.max_uses is null or i.used_count < i.max_uses) and p.email is not null
       and c.status <> 'blocked' and num_nonnulls(c.deleted_at, p.deleted_at, n.deleted_at, x.deleted_at) = 0`,
    [companyId, inviteId, personId],
  )
  return row ?? null
}

/** What a claimant is told. */
export type ClaimDecision = {
  userId: string
  status: 'approved' | 'declined'
  company: string
  complex: string
  /** Of the home, as the company has it; NULL when declined. */
  unit: string | null
  note: string
}

/** `null` while the claim waits, and when it was withdrawn. */
export const loadClaimDecision = async (
  database: Reader,
  { companyId, claimId }: { companyId: string; claimId: string },
) => {
  const [row] = await database.lookup<ClaimDecision>(
    `select m.user_id as "userId", m.status, c.name as company, x.name as complex, n.number as unit, m.decision_note as note
     from claims m
     join companies c on c.id = m.company_id
     join complexes x on x.company_id = m.company_id and x.id = m.complex_id
     left join residencies r on r.company_id = m.company_id and r.id = m.residency_id
     left join units n on n.company_id = r.company_id and n.id = r.unit_id
     where m.company_id = $1 and m.id = $2 and m.status in ('approved', 'declined') and m.deleted_at is null`,
    [companyId, claimId],
  )
  return row ?? null
}
