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

/** `null` unless the token is live and its account still has the address it was made for. */
export const loadTokenRecipient = async (database: Reader, tokenId: string, purpose: TokenPurpose) => {
  const [row] = await database.lookup<Recipient & TokenSeed>(
    `select ${RECIPIENT}, t.id, t.purpose, t.nonce, t.key_id as "keyId",
       (extract(epoch from t.expires_at) * 1000)::float8 as "expiresAtMs"
     from auth_tokens t join users u on u.id = t.user_id and u.email_key = t.email_key
     where t.id = $1 and t.purpose = $2 and t.used_at is null and t.voided_at is null and t.expires_at > now()
       and ${MAY_GET_MAIL}`,
    [tokenId, purpose],
  )
  return row ?? null
}
