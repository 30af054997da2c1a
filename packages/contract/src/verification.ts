import { z } from 'zod'
import { oneTimeToken } from './auth.ts'

export const verifyInput = z.strictObject({ token: oneTimeToken })
/** `already_verified`: the same link was used before. */
export const verifyOutput = z.strictObject({ status: z.enum(['verified', 'already_verified']) })
export const verificationStatus = z.strictObject({ verified: z.boolean() })
