import { api, type Inputs, type Outputs } from '../../../api.ts'

type Ceremony = Outputs['auth']['passkeys']['startSignIn']
export type PasskeyAnswer = Pick<Inputs['auth']['passkeys']['completeSignIn'], 'ceremonyId' | 'answer'>

export type PasskeyProof = PasskeyAnswer & { method: 'passkey' }

/** Why there is no answer: the person or the device said no, the device has one already, or cannot keep one. */
export type PasskeyTrouble = 'cancelled' | 'known' | 'unsupported' | 'failed'

export class PasskeyError extends Error {
  override name = 'PasskeyError'
  readonly trouble: PasskeyTrouble

  constructor(trouble: PasskeyTrouble, cause: unknown) {
    super(trouble, { cause })
    this.trouble = trouble
  }
}

/** Whether this browser has passkeys, on this page: an address without TLS, other than localhost, has none. */
export const hasPasskeys = () => window.isSecureContext && 'PublicKeyCredential' in window

const load = () => import('@simplewebauthn/browser')

const TROUBLES: Record<string, PasskeyTrouble> = {
  ERROR_CEREMONY_ABORTED: 'cancelled',
  ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED: 'known',
  ERROR_AUTHENTICATOR_MISSING_DISCOVERABLE_CREDENTIAL_SUPPORT: 'unsupported',
  ERROR_AUTHENTICATOR_MISSING_USER_VERIFICATION_SUPPORT: 'unsupported',
  ERROR_AUTHENTICATOR_NO_SUPPORTED_PUBKEYCREDPARAMS_ALG: 'unsupported',
}

const troubleOf = (error: unknown): PasskeyTrouble => {
  if (!(error instanceof Error)) return 'failed'
  const code = 'code' in error ? String(error.code) : ''
  const cause = error.cause instanceof Error ? error.cause : error
  // Refused, timed out and nothing found are one error, by design of the standard.
  return TROUBLES[code] ?? (cause.name === 'NotAllowedError' ? 'cancelled' : 'failed')
}

const asking = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work
  } catch (error) {
    throw new PasskeyError(troubleOf(error), error)
  }
}

const answer = async (
  { ceremonyId, options: optionsJSON }: Ceremony,
  useBrowserAutofill = false,
): Promise<PasskeyAnswer> => {
  const { startAuthentication } = await load()
  return { ceremonyId, answer: await asking(startAuthentication({ optionsJSON, useBrowserAutofill })) }
}

/** @throws PasskeyError, and what the API throws */
export const askToSignIn = async () => answer(await api.auth.passkeys.startSignIn.mutate())

/** Of the account whose sign-in has begun. @throws PasskeyError, and what the API throws */
export const proveSecondFactor = async (challengeToken: string): Promise<PasskeyProof> => ({
  method: 'passkey',
  ...(await answer(await api.auth.passkeys.startSecondFactor.mutate({ challengeToken }))),
})

/** Of the account that is signed in. @throws PasskeyError, and what the API throws */
export const proveStepUp = async (): Promise<PasskeyProof> => ({
  method: 'passkey',
  ...(await answer(await api.auth.passkeys.startStepUp.mutate())),
})

/** @throws PasskeyError, and what the API throws */
export const createPasskey = async () => {
  const { ceremonyId, options: optionsJSON } = await api.auth.passkeys.startRegistration.mutate()
  const { startRegistration } = await load()
  const made = await asking(startRegistration({ optionsJSON }))
  return api.auth.passkeys.completeRegistration.mutate({ ceremonyId, answer: made })
}

/** Sooner than the ceremony ends on the server. */
const RENEW_MS = 4 * 60_000

const canOffer = async () =>
  hasPasskeys() && ((await window.PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false)

/** Resolves once somebody may be looking. */
const seen = () =>
  new Promise<void>((resolve) => {
    const look = () => {
      if (document.visibilityState !== 'visible') return
      document.removeEventListener('visibilitychange', look)
      resolve()
    }
    document.addEventListener('visibilitychange', look)
    look()
  })

/**
 * Lets the browser offer passkeys in the field for the address, until the function returned is called. Whatever goes wrong
 * before somebody chose one is nobody's concern: there is a button as well.
 */
export const offerPasskeys = (use: (answered: PasskeyAnswer) => unknown) => {
  let isStopped = false
  let cancel = () => {}

  const once = async (): Promise<PasskeyAnswer | 'renew' | null> => {
    const { WebAuthnAbortService } = await load()
    const ceremony = await api.auth.passkeys.startSignIn.mutate()
    if (isStopped) return null
    let isRenewal = false
    cancel = () => WebAuthnAbortService.cancelCeremony()
    const timer = setTimeout(() => {
      isRenewal = true
      cancel()
    }, RENEW_MS)
    try {
      return await answer(ceremony, true)
    } catch {
      // Otherwise the button has taken over.
      return isRenewal ? 'renew' : null
    } finally {
      clearTimeout(timer)
      cancel = () => {}
    }
  }

  const offer = async () => {
    if (!(await canOffer())) return
    let answered: Awaited<ReturnType<typeof once>> = 'renew'
    while (answered === 'renew') {
      await seen()
      if (isStopped) return
      answered = await once()
    }
    if (answered) use(answered)
  }

  void offer().catch(() => {})
  return () => {
    isStopped = true
    cancel()
  }
}
