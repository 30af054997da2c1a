import { nothing, signedIn } from '@servai/contract/auth'
import { factorsChanged, startSecondFactorInput } from '@servai/contract/factors'
import {
  completePasskeySignInInput,
  completeRegistrationInput,
  completeRegistrationOutput,
  creationCeremony,
  passkey,
  passkeyList,
  removePasskeyInput,
  renamePasskeyInput,
  requestCeremony,
} from '@servai/contract/passkeys'
import { deliver, keepDevice } from '../../delivery.ts'
import { accountProcedure, publicProcedure, router, sessionProcedure } from '../../trpc.ts'
import {
  completePasskeySignIn,
  startPasskeySignIn,
  startSecondFactor,
  startStepUp,
} from '../passkey-sign-in/service.ts'
import { presentSignIn } from '../service.ts'
import { completeRegistration, listPasskeys, removePasskey, renamePasskey, startRegistration } from './service.ts'

export const passkeysRouter = router({
  startSignIn: publicProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/passkeys/sign-in/start' },
      summary: 'Ask for any passkey of this site, to sign in without a password',
      alone: true,
    })
    .input(nothing)
    .output(requestCeremony)
    .mutation(({ ctx }) => startPasskeySignIn(ctx)),

  completeSignIn: publicProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/passkeys/sign-in' },
      summary: 'Sign in with a passkey, which is both factors',
      alone: true,
    })
    .input(completePasskeySignInInput)
    .output(signedIn)
    .mutation(async ({ ctx, input }) => {
      const opened = await completePasskeySignIn(ctx, input, ctx.deviceCookie.read())
      const { device, ...answer } = await presentSignIn(ctx, opened)
      keepDevice(ctx, device)
      return deliver(ctx, answer)
    }),

  startSecondFactor: publicProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/passkeys/second-factor/start' },
      summary: 'Ask for a passkey of the account whose sign-in has begun; the answer goes to `auth.completeSignIn`',
      alone: true,
    })
    .input(startSecondFactorInput)
    .output(requestCeremony)
    .mutation(({ ctx, input }) => startSecondFactor(ctx, input.challengeToken)),

  startStepUp: sessionProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/passkeys/step-up/start' },
      summary: 'Ask for a passkey of this account; the answer goes to `auth.stepUp`',
      alone: true,
    })
    .input(nothing)
    .output(requestCeremony)
    .mutation(({ ctx }) => startStepUp(ctx, ctx.principal)),

  startRegistration: accountProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/passkeys/register/start' },
      summary: 'Ask an authenticator for a new passkey',
      fresh: true,
      alone: true,
    })
    .input(nothing)
    .output(creationCeremony)
    .mutation(({ ctx }) => startRegistration(ctx, ctx.principal)),

  completeRegistration: accountProcedure
    .meta({
      rest: { method: 'POST', path: '/auth/passkeys' },
      summary: 'Keep a new passkey; with the first second factor of an account all other sessions end',
      fresh: true,
      alone: true,
    })
    .input(completeRegistrationInput)
    .output(completeRegistrationOutput)
    .mutation(({ ctx, input }) => completeRegistration(ctx, ctx.principal, input)),

  list: accountProcedure
    .meta({ rest: { method: 'GET', path: '/auth/passkeys' }, summary: 'The passkeys of the account' })
    .input(nothing)
    .output(passkeyList)
    .query(({ ctx }) => listPasskeys(ctx, ctx.principal)),

  rename: accountProcedure
    .meta({ rest: { method: 'PATCH', path: '/auth/passkeys/{id}' }, summary: 'Name a passkey' })
    .input(renamePasskeyInput)
    .output(passkey)
    .mutation(({ ctx, input }) => renamePasskey(ctx, ctx.principal, input)),

  remove: accountProcedure
    .meta({
      rest: { method: 'DELETE', path: '/auth/passkeys/{id}' },
      summary: 'Take a passkey off the account; all other sessions end',
      fresh: true,
      alone: true,
    })
    .input(removePasskeyInput)
    .output(factorsChanged)
    .mutation(({ ctx, input }) => removePasskey(ctx, ctx.principal, input.id)),
})
