import { auth } from './en/auth.ts'
import { errors } from './en/errors.ts'
import { homes } from './en/homes.ts'
import { reset } from './en/reset.ts'
import { shell } from './en/shell.ts'
import { ui } from './en/ui.ts'
import { verification } from './en/verification.ts'
import { buildings } from './en/buildings.ts'
import { companies } from './en/companies.ts'
import { complexes } from './en/complexes.ts'
import { dashboard } from './en/dashboard.ts'
import { imports } from './en/imports.ts'
import { people } from './en/people.ts'
import { units } from './en/units.ts'

export const en = {
  auth,
  buildings,
  companies,
  complexes,
  dashboard,
  errors,
  homes,
  imports,
  people,
  reset,
  shell,
  ui,
  units,
  verification,
}
