export {
  COMPANY_ROLES,
  COMPLEX_ROLES,
  GRANT_ROLES,
  PLATFORM_ROLES,
  ROLES,
  STAFF_ROLES,
  type GrantRole,
  type PlatformRole,
  type Role,
  type StaffRole,
} from '@servai/db/schema/enums'
import { COMPANY_STATUSES, GRANT_ROLES } from '@servai/db/schema/enums'
import { z } from 'zod'
import { id } from './fields.ts'

/** `platform`, `platform:<companyId>`, `staff:<companyId>` or `resident:<companyId>`; sent as `x-servai-context`. */
export const contextKey = z
  .string()
  .regex(/^(platform|(platform|staff|resident):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/)

export const CONTEXT_HEADER = 'x-servai-context'

export const context = z.strictObject({
  key: contextKey,
  kind: z.enum(['platform', 'staff', 'resident']),
  company: z
    .strictObject({
      id,
      name: z.string(),
      currency: z.string(),
      timezone: z.string(),
      status: z.enum(COMPANY_STATUSES),
    })
    .nullable(),
  roles: z.array(z.enum([...GRANT_ROLES, 'resident'])),
  /** Nothing can be done in it before a second factor is set up and proved. */
  needsSecondFactor: z.boolean(),
})

/** One of the capacities a person can act in. */
export type Context = z.infer<typeof context>
