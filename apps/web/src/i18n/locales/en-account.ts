import { account } from './en/account.ts'
import { oversight } from './en/oversight.ts'
import { passkeys } from './en/passkeys.ts'
import { security } from './en/security.ts'

export const enAccount = { account, oversight, passkeys, security }
