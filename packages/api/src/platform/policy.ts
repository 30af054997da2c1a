import type { Role } from '@servai/contract/roles'

/** Whoever runs the installation. */
export const OPERATOR_ACCESS = ['platform_admin'] as const satisfies readonly Role[]
