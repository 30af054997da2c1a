import type { AccountTexts, Translated } from '../texts.ts'
import { account } from './ru/account.ts'
import { oversight } from './ru/oversight.ts'
import { passkeys } from './ru/passkeys.ts'
import { security } from './ru/security.ts'

export const ruAccount: Translated<AccountTexts> = { account, oversight, passkeys, security }
