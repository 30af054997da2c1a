import type { Texts, Translated } from '../texts.ts'
import { auth } from './ru/auth.ts'
import { errors } from './ru/errors.ts'
import { homes } from './ru/homes.ts'
import { reset } from './ru/reset.ts'
import { shell } from './ru/shell.ts'
import { ui } from './ru/ui.ts'
import { verification } from './ru/verification.ts'
import { buildings } from './ru/buildings.ts'
import { claims } from './ru/claims.ts'
import { companies } from './ru/companies.ts'
import { complexes } from './ru/complexes.ts'
import { dashboard } from './ru/dashboard.ts'
import { imports } from './ru/imports.ts'
import { invites } from './ru/invites.ts'
import { lists } from './ru/lists.ts'
import { people } from './ru/people.ts'
import { registry } from './ru/registry.ts'
import { search } from './ru/search.ts'
import { settings } from './ru/settings.ts'
import { staff } from './ru/staff.ts'
import { units } from './ru/units.ts'

export const ru: Translated<Texts> = {
  auth,
  buildings,
  claims,
  companies,
  complexes,
  dashboard,
  errors,
  homes,
  imports,
  invites,
  lists,
  people,
  registry,
  reset,
  search,
  settings,
  shell,
  staff,
  ui,
  units,
  verification,
}
