import { account } from './account/en.ts'
import { oversight } from './oversight/en.ts'
import type { Texts } from './texts.ts'

export const en: Texts = {
  ...oversight,
  ...account,
  greeting: (name) => (name ? `Hello ${name},` : 'Hello,'),
  linkHint: 'If the button does not work, copy this address into your browser:',
  sentBy: ({ sender, host }) => `Sent by ${sender}, ${host}.`,

  verification: ({ sender, host, duration }) => ({
    subject: `Confirm your e-mail address for ${sender}`,
    preheader: `One step is left. The link works for ${duration}.`,
    heading: 'Confirm your e-mail address',
    body: [
      `You registered at ${sender}. Confirm that this address is yours and you can sign in.`,
      `The link works for ${duration} and only once.`,
    ],
    button: 'Confirm address',
    why: `You receive this message because this address was given when an account was registered at ${host}. If it was not you, do nothing: without this confirmation nobody can use the account.`,
  }),

  welcome: ({ sender, host }) => ({
    subject: `Welcome to ${sender}`,
    preheader: 'Your address is confirmed. You can sign in now.',
    heading: 'Your address is confirmed',
    body: [
      'You can sign in now with your e-mail address and password.',
      'Your homes appear as soon as your management company has added you to them.',
    ],
    button: 'Sign in',
    why: `You receive this message because you confirmed this address at ${host}.`,
  }),

  passwordReset: ({ sender, host, duration }) => ({
    subject: `Choose a new password for ${sender}`,
    preheader: `The link works for ${duration} and only once.`,
    heading: 'Choose a new password',
    body: [
      'We were asked to reset the password of your account. Use the button to choose a new one.',
      `The link works for ${duration} and only once. After that you sign in again on all your devices.`,
    ],
    button: 'Choose a new password',
    why: `You receive this message because a password reset was asked for at ${host} for this address. If it was not you, do nothing: your password stays as it is.`,
  }),

  passwordChanged: ({ sender, host, changedAt }) => ({
    subject: `Your ${sender} password was changed`,
    preheader: `Changed on ${changedAt}.`,
    heading: 'Your password was changed',
    body: [
      `The password of your account was changed on ${changedAt}. All other devices have to sign in again.`,
      'If it was you, there is nothing to do. If it was not you, choose a new password now and tell your management company.',
    ],
    button: 'Choose a new password',
    why: `You receive this message because the password of the account with this address was changed at ${host}. These notices cannot be turned off.`,
  }),

  registrationAttempt: ({ sender, host }) => ({
    subject: `You already have an account at ${sender}`,
    preheader: 'Nothing has changed in your account.',
    heading: 'Someone tried to register with your address',
    body: [
      `Someone tried to open an account at ${sender} with this address. You already have one, so nothing was created or changed.`,
      'If it was you, sign in as usual. If you have forgotten your password, choose a new one from the sign-in page. If it was not you, there is nothing to do.',
    ],
    button: 'Sign in',
    why: `You receive this message because this address was given in the registration form at ${host}.`,
  }),

  sessionEnded: ({ sender, host, endedAt }) => ({
    subject: `We signed one of your devices out of ${sender}`,
    preheader: `Signed out on ${endedAt}.`,
    heading: 'We signed one of your devices out',
    body: [
      `On ${endedAt} the sign-in of one of your devices was used from two places at once, as if somebody had copied it, so we ended that session.`,
      'Sign in again on that device. If you do not know how this came about, choose a new password, which signs out all your devices, and tell your management company.',
    ],
    button: 'Choose a new password',
    why: `You receive this message because a session of the account with this address was ended at ${host}. These notices cannot be turned off.`,
  }),

  apiKeyCreated: ({ host, company, key, expiresOn }) => ({
    subject: 'A new API key acts in your name',
    preheader: `${key}, until ${expiresOn}.`,
    heading: 'A new API key acts in your name',
    body: [
      `An API key was made with your account at ${company}: ${key}. A program that has it can do there what the key was made for, until ${expiresOn}.`,
      'If it was you, there is nothing to do. If it was not you, withdraw the key now and choose a new password.',
    ],
    button: 'See my API keys',
    why: `You receive this message because an API key was made with the account with this address at ${host}. These notices cannot be turned off.`,
  }),

  apiKeyExpiring: ({ host, company, key, expiresOn }) => ({
    subject: 'One of your API keys is about to expire',
    preheader: `${key}, until ${expiresOn}.`,
    heading: 'One of your API keys is about to expire',
    body: [
      `Your API key at ${company} works until ${expiresOn}: ${key}. After that the program that uses it is refused.`,
      'If the program is still needed, replace the key in time. The old one goes on working for a day, so that you can change over without a gap.',
    ],
    button: 'See my API keys',
    why: `You receive this message because the API key belongs to the account with this address at ${host}.`,
  }),

  factorChanges: {
    totp_added: 'An authenticator app now gives the second factor of your account.',
    totp_removed: 'The authenticator app has been taken off your account.',
    passkey_added: 'A passkey has been added to your account.',
    passkey_removed: 'A passkey has been taken off your account.',
    recovery_codes_replaced: 'Your account has new recovery codes. The old ones no longer work.',
    factors_reset:
      'The second factors of your account have been taken off by those who look after it. Set up a new one when you sign in.',
  },

  factorsChanged: ({ sender, host, what, changedAt }) => ({
    subject: `The sign-in to your ${sender} account has changed`,
    preheader: what,
    heading: 'The way you sign in has changed',
    body: [
      `${what} Time of the change: ${changedAt}.`,
      'If you did this or asked for it, there is nothing more to do. If not, set a new password now, look at your security settings and tell the management company.',
    ],
    button: 'Security settings',
    why: `You get this message because the second factors of the account with this address on ${host} have changed. Such messages cannot be switched off.`,
  }),

  recoveryCodeUsed: ({ sender, host, usedAt }) => ({
    subject: `A recovery code of your ${sender} account was used`,
    preheader: `Time: ${usedAt}.`,
    heading: 'A recovery code was used',
    body: [
      `Somebody who knows your password has used one of your recovery codes. Time: ${usedAt}. It does not work a second time.`,
      'If this was you, check in the security settings how many are left. If not, set a new password now and make new codes.',
    ],
    button: 'Security settings',
    why: `You get this message because a recovery code of the account with this address on ${host} was used. Such messages cannot be switched off.`,
  }),

  passkeyRefused: ({ sender, host, refusedAt }) => ({
    subject: `We refused a passkey of your ${sender} account`,
    preheader: 'Somebody may have a copy of it.',
    heading: 'We refused one of your passkeys',
    body: [
      `Somebody used one of your passkeys, and its count of uses was lower than before, as if there were a copy of it. Time: ${refusedAt}. Nobody got in.`,
      'Remove this passkey in the security settings and add a new one. If you did not try to sign in at this time, tell the management company as well.',
    ],
    button: 'Security settings',
    why: `You get this message because a passkey of the account with this address on ${host} was refused. Such messages cannot be switched off.`,
  }),

  passwordLocked: ({ sender, host, lockedAt }) => ({
    subject: `Wrong passwords for your ${sender} account`,
    preheader: 'Ten in a row. Nobody got in.',
    heading: 'Too many wrong passwords',
    body: [
      `Somebody gave ten wrong passwords in a row for your account. Time: ${lockedAt}. Nobody got in. For a while new devices cannot sign in; those you use stay signed in.`,
      'If this was you, wait a quarter of an hour or set a new password. If not, you need do nothing as long as your password is used nowhere else.',
    ],
    button: 'Set a new password',
    why: `You get this message because sign-ins to the account with this address on ${host} were refused. It is sent once a day at most and cannot be switched off.`,
  }),

  secondFactorLocked: ({ sender, host, lockedAt }) => ({
    subject: `Somebody is trying to sign in to your ${sender} account`,
    preheader: 'The password was right, the codes were not.',
    heading: 'Too many wrong codes',
    body: [
      `Somebody gave the password of your account and then ten wrong codes in a row. Time: ${lockedAt}. Nobody got in. For a while no code is accepted.`,
      'If this was you, wait a quarter of an hour and check the clock of your phone. If not, your password is known to others: set a new one now.',
    ],
    button: 'Set a new password',
    why: `You get this message because sign-ins to the account with this address on ${host} were refused. Such messages cannot be switched off.`,
  }),

  residentInvite: ({ host, company, complex, address, unit, expiresOn }) => ({
    subject: `${company} invites you to your home in ${complex}`,
    preheader: `${address}, no. ${unit}. The link works until ${expiresOn}.`,
    heading: 'Your home online',
    body: [
      `${company} looks after ${complex} and has prepared access to your home for you: ${address}, no. ${unit}.`,
      `Use the button to accept. If you have no account yet, you make one on the way. The link works until ${expiresOn}; do not pass it on.`,
    ],
    button: 'Accept invite',
    why: `You receive this message because ${company} has your address among its residents and uses ${host}. If this is not your home, do nothing.`,
  }),

  roles: {
    director: 'director',
    accountant: 'accountant',
    complex_manager: 'complex manager',
    technician: 'technician',
    guard: 'guard',
  },

  staffInvite: ({ host, company, role, expiresOn }) => ({
    subject: `${company} invites you to work with it`,
    preheader: `Your role: ${role}. The link works until ${expiresOn}.`,
    heading: 'You are invited to the staff',
    body: [
      `${company} invites you to work with it at ${host}. Your role: ${role}.`,
      `Use the button and sign in with this e-mail address. If you have no account yet, you make one on the way. The link works until ${expiresOn}, for this address only.`,
    ],
    button: 'Accept invite',
    why: `You receive this message because ${company} has given this address for somebody of its staff. If it is not meant for you, do nothing.`,
  }),

  claimApproved: ({ host, company, complex, unit, note }) => ({
    subject: `Your home in ${complex} has been added`,
    preheader: `${company} has approved your request.`,
    heading: 'Your home has been added',
    body: [
      `${company} has approved your request for a home in ${complex}: no. ${unit}. You find it among your homes.`,
      ...(note ? [`A word from the company: ${note}`] : []),
    ],
    button: 'See my homes',
    why: `You receive this message because the account with this address asked for a home at ${host}.`,
  }),

  claimDeclined: ({ host, company, complex, note }) => ({
    subject: `About your request for a home in ${complex}`,
    preheader: `${company} has not approved it.`,
    heading: 'Your request was not approved',
    body: [
      `${company} has not approved your request for a home in ${complex}.`,
      note ? `A word from the company: ${note}` : 'Ask the company what was missing. You can ask again at any time.',
    ],
    button: 'See my requests',
    why: `You receive this message because the account with this address asked for a home at ${host}.`,
  }),
}
