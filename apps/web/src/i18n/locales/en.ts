import { auth } from './en/auth.ts'
import { claims } from './en/claims.ts'
import { companies } from './en/companies.ts'
import { errors } from './en/errors.ts'
import { homes } from './en/homes.ts'
import { invites } from './en/invites.ts'
import { people } from './en/people.ts'
import { reset } from './en/reset.ts'
import { shell } from './en/shell.ts'
import { ui } from './en/ui.ts'
import { verification } from './en/verification.ts'

export const en = {
  auth,
  claims,
  companies,
  errors,
  homes,
  invites,
  people,
  reset,
  shell,
  ui,
  verification,
}
