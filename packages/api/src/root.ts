import { propertyRouter } from './property/router.ts'
import { router } from './trpc.ts'

export const appRouter = router({ property: propertyRouter })

export type AppRouter = typeof appRouter
