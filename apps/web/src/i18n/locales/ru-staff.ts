import type { StaffTexts, Translated } from '../texts.ts'
import { accounts } from './ru/accounts.ts'
import { apiKeys } from './ru/api-keys.ts'
import { audit } from './ru/audit.ts'
import { buildings } from './ru/buildings.ts'
import { complexes } from './ru/complexes.ts'
import { dashboard } from './ru/dashboard.ts'
import { imports } from './ru/imports.ts'
import { limits } from './ru/limits.ts'
import { lists } from './ru/lists.ts'
import { registry } from './ru/registry.ts'
import { search } from './ru/search.ts'
import { settings } from './ru/settings.ts'
import { staff } from './ru/staff.ts'
import { units } from './ru/units.ts'

export const ruStaff: Translated<StaffTexts> = {
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
