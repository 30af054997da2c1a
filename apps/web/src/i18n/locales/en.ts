import { account } from './en/account.ts'
import { auth } from './en/auth.ts'
import { claims } from './en/claims.ts'
import { companies } from './en/companies.ts'
import { errors } from './en/errors.ts'
import { homes } from './en/homes.ts'
import { invites } from './en/invites.ts'
import { oversight } from './en/oversight.ts'
import { passkeys } from './en/passkeys.ts'
import { people } from './en/people.ts'
import { reset } from './en/reset.ts'
import { security } from './en/security.ts'
import { shell } from './en/shell.ts'
import { ui } from './en/ui.ts'
import { verification } from './en/verification.ts'

export const en = {
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
