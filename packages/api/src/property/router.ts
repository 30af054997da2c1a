import { router } from '../trpc.ts'

export const propertyRouter = router({})
