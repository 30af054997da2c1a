import { auth } from './en/auth.ts'
import { errors } from './en/errors.ts'
import { homes } from './en/homes.ts'
import { reset } from './en/reset.ts'
import { shell } from './en/shell.ts'
import { ui } from './en/ui.ts'
import { verification } from './en/verification.ts'
import { buildings } from './en/buildings.ts'
import { claims } from './en/claims.ts'
import { companies } from './en/companies.ts'
import { complexes } from './en/complexes.ts'
import { dashboard } from './en/dashboard.ts'
import { imports } from './en/imports.ts'
import { invites } from './en/invites.ts'
import { lists } from './en/lists.ts'
import { people } from './en/people.ts'
import { registry } from './en/registry.ts'
import { search } from './en/search.ts'
import { settings } from './en/settings.ts'
import { staff } from './en/staff.ts'
import { units } from './en/units.ts'

export const en = {
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
