import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import type { AppRouter } from './router.ts'

export { createServaiClient, type Account, type ServaiClient, type ServaiClientOptions } from './client.ts'
export { SecondFactorRequired, type SecondFactorProof } from './challenge.ts'
export { ServaiError, type ClientReason, type Issue } from './error.ts'
export type { AppRouter, Reason } from './router.ts'

/** Input of each procedure: `Inputs['property']['units']['list']`. */
export type Inputs = inferRouterInputs<AppRouter>
/** Answer of each procedure: `Outputs['property']['units']['list']`. */
export type Outputs = inferRouterOutputs<AppRouter>
