import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import type { AppRouter } from './router.ts'

type Account = inferRouterOutputs<AppRouter>['auth']['me']
type Challenge = Extract<inferRouterOutputs<AppRouter>['auth']['login'], { challenge: unknown }>['challenge']

/** `{ method: 'totp', code }` of an authenticator app, or `{ method: 'recovery_code', code }`. */
export type SecondFactorProof = inferRouterInputs<AppRouter>['auth']['completeSignIn']['proof']

type Details = Pick<Challenge, 'methods' | 'expiresIn'> & {
  complete: (proof: SecondFactorProof) => Promise<Account>
}

/** The password was right; the session opens when a second factor has been proved. */
export class SecondFactorRequired extends Error {
  override name = 'SecondFactorRequired'
  /** What this account can prove itself with. */
  readonly methods: Challenge['methods']
  /** Seconds, from the answer of `signIn`. */
  readonly expiresIn: number
  /**
   * Ends the sign-in; at most five attempts.
   * @throws ServaiError `auth.factor_refused` (try again), `auth.factor_locked`, `auth.challenge_invalid` (sign in again)
   */
  readonly complete: (proof: SecondFactorProof) => Promise<Account>

  constructor({ methods, expiresIn, complete }: Details) {
    super('A second factor is needed: call complete() with a code')
    this.methods = methods
    this.expiresIn = expiresIn
    this.complete = complete
  }
}
