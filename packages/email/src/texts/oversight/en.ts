import type { OversightTexts } from './texts.ts'

export const oversight: OversightTexts = {
  accountDisabled: ({ sender, host, by, at }) => ({
    subject: `Your account at ${sender} was disabled`,
    preheader: `Since ${at}.`,
    heading: 'Your account was disabled',
    body: [
      `${by} disabled your account. Time: ${at}. You are signed out everywhere, and nobody can sign in to it for now.`,
      `Nothing in it was removed. If you think this is a mistake, ask ${by}.`,
    ],
    button: `Go to ${sender}`,
    why: `You receive this message because the account with this address at ${host} was disabled. These notices cannot be turned off.`,
  }),

  accountEnabled: ({ sender, host, by, at }) => ({
    subject: `Your account at ${sender} is open again`,
    preheader: 'You can sign in again.',
    heading: 'You can sign in again',
    body: [
      `${by} opened your account again. Time: ${at}. Sign in as before.`,
      'Devices that were signed in before have to sign in anew, and API keys have to be made anew.',
    ],
    button: 'Sign in',
    why: `You receive this message because the account with this address at ${host} was enabled. These notices cannot be turned off.`,
  }),

  signedOutByStaff: ({ sender, host, by, at }) => ({
    subject: `You were signed out of ${sender} everywhere`,
    preheader: `Signed out on ${at}.`,
    heading: 'You were signed out everywhere',
    body: [
      `${by} ended all sessions of your account. Time: ${at}. No browser of yours is trusted any more.`,
      `Sign in again where you need it. If you do not know why this was done, ask ${by}.`,
    ],
    button: 'Sign in',
    why: `You receive this message because the sessions of the account with this address at ${host} were ended. These notices cannot be turned off.`,
  }),

  factorResetRequested: ({ sender, host, by, requestedBy, reason, expiresAt }) => ({
    subject: `Shall the second factor of your ${sender} account be removed?`,
    preheader: 'If you did not ask for this, say no.',
    heading: 'Your second factor is about to be removed',
    body: [
      `${requestedBy} (${by}) asked that authenticator app, passkeys and recovery codes be taken off your account. Reason: ${reason}`,
      `It happens as soon as a second person agrees, until ${expiresAt}. Afterwards your password alone opens the account until you set up a new second factor.`,
      'If you have lost your phone or key and asked for this, there is nothing to do. If you did not ask for it, keep your second factor with the button below.',
    ],
    button: 'Keep my second factor',
    why: `You receive this message because the account with this address at ${host} has a second factor. These notices cannot be turned off.`,
  }),

  factorResetApproval: ({ host, name, requestedBy, reason, expiresAt }) => ({
    subject: `A second factor waits for your decision: ${name}`,
    preheader: `Asked for by ${requestedBy}.`,
    heading: 'Somebody has lost their second factor',
    body: [
      `${requestedBy} asks to take the second factor off the account of ${name}. Reason: ${reason}`,
      `Agree only after you have made sure, in person or by a call to a number you know, that ${name} wants it. The request ends on ${expiresAt}.`,
    ],
    button: 'Look at the request',
    why: `You receive this message because you may decide about accounts at ${host}.`,
  }),

  impersonated: ({ sender, host, startedAt, endedAt, reason, access }) => ({
    subject: `The support of ${sender} looked at your account`,
    preheader: `On ${startedAt}.`,
    heading: 'The support looked at your account',
    body: [
      `Somebody of the support saw ${sender} as you see it, from ${startedAt} to ${endedAt}. Reason: ${reason}`,
      access === 'read'
        ? 'They could look and change nothing. Your password and the rest of your sign-in were out of their reach.'
        : 'They could also change things in your place; each change is in the log under their name. Your password and the rest of your sign-in were out of their reach.',
    ],
    button: `Go to ${sender}`,
    why: `You receive this message because somebody acted in the account with this address at ${host}. These notices cannot be turned off.`,
  }),
}
