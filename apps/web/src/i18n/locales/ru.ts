import type { Texts, Translated } from '../texts.ts'
import { account } from './ru/account.ts'
import { auth } from './ru/auth.ts'
import { claims } from './ru/claims.ts'
import { companies } from './ru/companies.ts'
import { errors } from './ru/errors.ts'
import { homes } from './ru/homes.ts'
import { invites } from './ru/invites.ts'
import { oversight } from './ru/oversight.ts'
import { passkeys } from './ru/passkeys.ts'
import { people } from './ru/people.ts'
import { reset } from './ru/reset.ts'
import { security } from './ru/security.ts'
import { shell } from './ru/shell.ts'
import { ui } from './ru/ui.ts'
import { verification } from './ru/verification.ts'

export const ru: Translated<Texts> = {
  account,
  auth,
  claims,
  companies,
  errors,
  homes,
  invites,
  oversight,
  passkeys,
  people,
  reset,
  security,
  shell,
  ui,
  verification,
}
