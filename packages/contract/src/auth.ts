import { SESSION_DELIVERIES } from '@servai/db/schema/enums'
import { z } from 'zod'
import { secondFactorProof, signInChallenge } from './factors.ts'
import { id, instant, line } from './fields.ts'
import { LOCALES } from './locales.ts'
import { context } from './roles.ts'

export const MAX_EMAIL_LENGTH = 254
const MAX_PASSWORD_BYTES = 1024
// The pattern of <input type="email">, with a dot in the domain.
const EMAIL =
  /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)+$/

/** Kept as typed; `emailKeyOf` tells whether two of them are the same. */
export const email = z.string().trim().max(MAX_EMAIL_LENGTH).regex(EMAIL)

/** What makes two addresses one account. */
export const emailKeyOf = (address: string) => address.trim().normalize('NFC').toLowerCase()

/** Never trimmed, and any character counts; how strong a new one has to be is for the server to say. */
export const password = z
  .string()
  .min(1)
  .max(MAX_PASSWORD_BYTES)
  .refine((value) => value.isWellFormed() && !value.includes('\0'), { params: { code: 'not_text' } })
  .refine((value) => new TextEncoder().encode(value).length <= MAX_PASSWORD_BYTES, { params: { code: 'too_big' } })

/** A one-time token from a message. Any text passes: a damaged link is answered like one that has expired. */
export const oneTimeToken = z.string().min(1).max(256)

/** For procedures that take nothing: an unknown key is refused here as anywhere. */
export const nothing = z.strictObject({}).optional()

const refreshToken = z.string().min(1).max(128)
const name = line(100)

/** The person, and every capacity they can act in today. */
export const account = z.strictObject({
  id,
  email: z.string(),
  firstName: z.string(),
  lastName: z.string(),
  locale: z.enum(LOCALES),
  emailVerified: z.boolean(),
  contexts: z.array(context),
})
export type Account = z.infer<typeof account>

export const registerInput = z.strictObject({
  email,
  password,
  firstName: name,
  lastName: name,
  locale: z.enum(LOCALES).optional(),
})

/** `cookie` for browsers; `body` for programs, which keep the refresh token themselves. */
export const delivery = z.enum(SESSION_DELIVERIES)
export const loginInput = z.strictObject({ email, password, delivery: delivery.default('cookie') })

const tokens = {
  accessToken: z.string(),
  /** Seconds. */
  expiresIn: z.int().positive(),
}
/** `refreshToken` only for delivery `body`. */
export const signedIn = z.strictObject({ ...tokens, refreshToken: z.string().optional(), user: account })
/** A session; or, for an account with a second factor, no session yet: `auth.completeSignIn` goes on. */
export const loginOutput = z.union([signedIn, z.strictObject({ challenge: signInChallenge })])

/** What a sign-in asks for; a passkey stands for the password, too. */
export const stepUpInput = z.strictObject({ password: password.optional(), proof: secondFactorProof.optional() })

/** The refresh token of a session with delivery `body`; otherwise it comes in its cookie. */
export const refreshInput = z.strictObject({ refreshToken: refreshToken.optional() }).optional()
export const refreshOutput = z.strictObject({ ...tokens, refreshToken: z.string().optional() })
export const logoutInput = refreshInput

export const changePasswordInput = z.strictObject({ currentPassword: password, newPassword: password })
/** The session goes on with this token; all others have ended. */
export const changePasswordOutput = z.strictObject(tokens)

export const updateProfileInput = z
  .strictObject({ firstName: name, lastName: name, locale: z.enum(LOCALES) })
  .partial()
  .refine((change) => Object.keys(change).length > 0, { params: { code: 'empty' } })

export const session = z.strictObject({
  id,
  createdAt: instant,
  lastSeenAt: instant,
  /** Network it was last used from, /24 or /48. */
  addressPrefix: z.string(),
  /** Browser and system, as far as they can be told. */
  device: z.string(),
  delivery,
  /** Whether a second factor was proved in it, or by the trusted device it was opened on. */
  secondFactor: z.boolean(),
  current: z.boolean(),
})
export const sessionList = z.strictObject({ items: z.array(session) })
/** What happened to the account while its owner was not looking. */
export const notice = z.strictObject({ id, kind: z.enum(['refresh_reuse']), at: instant, device: z.string() })
export const noticeList = z.strictObject({ items: z.array(notice) })
export const revokeSessionInput = z.strictObject({ id })
/** How many were ended. */
export const revokeOtherSessionsOutput = z.strictObject({ ended: z.int().nonnegative() })
