import type { Texts, Translated } from '../texts.ts'
import { auth } from './ru/auth.ts'
import { errors } from './ru/errors.ts'
import { homes } from './ru/homes.ts'
import { reset } from './ru/reset.ts'
import { shell } from './ru/shell.ts'
import { ui } from './ru/ui.ts'
import { verification } from './ru/verification.ts'
import { buildings } from './ru/buildings.ts'
import { companies } from './ru/companies.ts'
import { complexes } from './ru/complexes.ts'
import { dashboard } from './ru/dashboard.ts'
import { imports } from './ru/imports.ts'
import { people } from './ru/people.ts'
import { units } from './ru/units.ts'

export const ru: Translated<Texts> = {
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
