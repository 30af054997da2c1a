import type { Role } from '@servai/contract/roles'

// Whom a page or a button is offered to; what they may do in the end the server says, with each row.
export const REGISTRY_READERS: readonly Role[] = [
  'platform_admin',
  'director',
  'accountant',
  'complex_manager',
  'technician',
  'guard',
]
export const HOME_READERS: readonly Role[] = ['platform_admin', 'director', 'accountant', 'complex_manager']
export const EDITORS: readonly Role[] = ['director', 'complex_manager']
export const OWNERS: readonly Role[] = ['director']
export const FOUNDERS: readonly Role[] = ['platform_admin']
export const PLATFORM: readonly Role[] = ['platform_admin', 'platform_accountant']
export const STAFF_READERS: readonly Role[] = ['platform_admin', 'director', 'complex_manager']
/** Who answers for accounts. */
export const RESPONSIBLE: readonly Role[] = ['platform_admin', 'director']
