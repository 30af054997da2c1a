import type { Texts, Translated } from '../texts.ts'
import { auth } from './ru/auth.ts'
import { claims } from './ru/claims.ts'
import { companies } from './ru/companies.ts'
import { errors } from './ru/errors.ts'
import { homes } from './ru/homes.ts'
import { invites } from './ru/invites.ts'
import { people } from './ru/people.ts'
import { reset } from './ru/reset.ts'
import { shell } from './ru/shell.ts'
import { ui } from './ru/ui.ts'
import { verification } from './ru/verification.ts'

export const ru: Translated<Texts> = {
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
