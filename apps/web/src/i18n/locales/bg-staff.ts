import type { StaffTexts, Translated } from '../texts.ts'
import { accounts } from './bg/accounts.ts'
import { apiKeys } from './bg/api-keys.ts'
import { audit } from './bg/audit.ts'
import { buildings } from './bg/buildings.ts'
import { complexes } from './bg/complexes.ts'
import { dashboard } from './bg/dashboard.ts'
import { imports } from './bg/imports.ts'
import { limits } from './bg/limits.ts'
import { lists } from './bg/lists.ts'
import { registry } from './bg/registry.ts'
import { search } from './bg/search.ts'
import { settings } from './bg/settings.ts'
import { staff } from './bg/staff.ts'
import { units } from './bg/units.ts'

export const bgStaff: Translated<StaffTexts> = {
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
