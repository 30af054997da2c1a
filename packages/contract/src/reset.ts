import { z } from 'zod'
import { email, oneTimeToken, password } from './auth.ts'

export const requestResetInput = z.strictObject({ email })
export const validateResetInput = z.strictObject({ token: oneTimeToken })
export const validateResetOutput = z.strictObject({ valid: z.boolean() })
export const resetInput = z.strictObject({ token: oneTimeToken, newPassword: password })
