import type { AccountTexts, Translated } from '../texts.ts'
import { account } from './bg/account.ts'
import { passkeys } from './bg/passkeys.ts'
import { security } from './bg/security.ts'

export const bgAccount: Translated<AccountTexts> = { account, passkeys, security }
