import { apiKeysRouter } from './api-keys/router.ts'
import { accountsRouter } from './accounts/router.ts'
import { auditRouter } from './audit-log/router.ts'
import { authRouter } from './auth/router.ts'
import { platformRouter } from './platform/router.ts'
import { propertyRouter } from './property/router.ts'
import { resetRouter } from './reset/router.ts'
import { staffRouter } from './staff/router.ts'
import { router } from './trpc.ts'
import { verificationRouter } from './verification/router.ts'

export const appRouter = router({
  audit: auditRouter,
  auth: authRouter,
  verification: verificationRouter,
  reset: resetRouter,
  property: propertyRouter,
  staff: staffRouter,
  accounts: accountsRouter,
  apiKeys: apiKeysRouter,
  platform: platformRouter,
})

export type AppRouter = typeof appRouter
