import type { Role } from '@servai/contract/roles'

/** A director that of the company; the platform's administrator that of one company, or of all. */
export const AUDIT_READERS = ['platform_admin', 'director'] as const satisfies readonly Role[]
