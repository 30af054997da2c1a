import type { Texts, Translated } from '../texts.ts'
import { auth } from './bg/auth.ts'
import { errors } from './bg/errors.ts'
import { homes } from './bg/homes.ts'
import { reset } from './bg/reset.ts'
import { shell } from './bg/shell.ts'
import { ui } from './bg/ui.ts'
import { verification } from './bg/verification.ts'
import { buildings } from './bg/buildings.ts'
import { claims } from './bg/claims.ts'
import { companies } from './bg/companies.ts'
import { complexes } from './bg/complexes.ts'
import { dashboard } from './bg/dashboard.ts'
import { imports } from './bg/imports.ts'
import { invites } from './bg/invites.ts'
import { lists } from './bg/lists.ts'
import { people } from './bg/people.ts'
import { registry } from './bg/registry.ts'
import { search } from './bg/search.ts'
import { settings } from './bg/settings.ts'
import { staff } from './bg/staff.ts'
import { units } from './bg/units.ts'

export const bg: Translated<Texts> = {
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
