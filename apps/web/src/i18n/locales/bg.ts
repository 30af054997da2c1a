import type { Texts, Translated } from '../texts.ts'
import { auth } from './bg/auth.ts'
import { claims } from './bg/claims.ts'
import { companies } from './bg/companies.ts'
import { errors } from './bg/errors.ts'
import { homes } from './bg/homes.ts'
import { invites } from './bg/invites.ts'
import { people } from './bg/people.ts'
import { reset } from './bg/reset.ts'
import { shell } from './bg/shell.ts'
import { ui } from './bg/ui.ts'
import { verification } from './bg/verification.ts'

export const bg: Translated<Texts> = {
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
