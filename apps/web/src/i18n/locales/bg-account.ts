import type { AccountTexts, Translated } from '../texts.ts'
import { account } from './bg/account.ts'
import { oversight } from './bg/oversight.ts'
import { passkeys } from './bg/passkeys.ts'
import { security } from './bg/security.ts'

export const bgAccount: Translated<AccountTexts> = { account, oversight, passkeys, security }
