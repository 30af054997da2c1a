import { accounts } from './en/accounts.ts'
import { apiKeys } from './en/api-keys.ts'
import { audit } from './en/audit.ts'
import { buildings } from './en/buildings.ts'
import { complexes } from './en/complexes.ts'
import { dashboard } from './en/dashboard.ts'
import { imports } from './en/imports.ts'
import { limits } from './en/limits.ts'
import { lists } from './en/lists.ts'
import { registry } from './en/registry.ts'
import { search } from './en/search.ts'
import { settings } from './en/settings.ts'
import { staff } from './en/staff.ts'
import { units } from './en/units.ts'

export const enStaff = {
  accounts,
  apiKeys,
  audit,
  buildings,
  complexes,
  dashboard,
  imports,
  limits,
  lists,
  registry,
  search,
  settings,
  staff,
  units,
}
