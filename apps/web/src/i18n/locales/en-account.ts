import { account } from './en/account.ts'
import { passkeys } from './en/passkeys.ts'
import { security } from './en/security.ts'

export const enAccount = { account, passkeys, security }
