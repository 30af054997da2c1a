import type { AccountTexts } from './texts.ts'

export const account: AccountTexts = {
  newDevice: ({ sender, host, device, network, signedInAt }) => ({
    subject: `New sign-in to your account at ${sender}`,
    preheader: `${signedInAt}, from a device we did not know.`,
    heading: 'New sign-in to your account',
    body: [
      `On ${signedInAt} somebody signed in to your account from a device we did not know.`,
      `Device: ${device || 'a program'}. Network: ${network}.`,
      'If it was you, there is nothing to do. If it was not you, use the button to sign that device out, and change your password. If you cannot sign in, choose a new password from the sign-in page.',
    ],
    button: 'See your devices',
    why: `You receive this message because the account with this address was signed in to at ${host}. These notices cannot be turned off.`,
  }),

  emailChangeOld: ({ sender, host, duration }) => ({
    subject: `Change the e-mail address of your ${sender} account?`,
    preheader: `Agree or refuse. The link works for ${duration}.`,
    heading: 'Change your e-mail address?',
    body: [
      `Another e-mail address was given for your account at ${sender}. The button opens a page that shows which one and asks whether you agree.`,
      `The address changes once you have confirmed it from both addresses. The link works for ${duration}.`,
      'If it was not you, say so on that page: nothing changes then, and you can choose a new password.',
    ],
    button: 'Agree or refuse',
    why: `You receive this message because a change of address was asked for at ${host} in the account with this address. Without your agreement it stays as it is.`,
  }),

  emailChangeNew: ({ sender, host, duration }) => ({
    subject: `Confirm your new e-mail address for ${sender}`,
    preheader: `The link works for ${duration} and only once.`,
    heading: 'Confirm your new e-mail address',
    body: [
      `You want to sign in to ${sender} with this address from now on. Confirm that it is yours.`,
      `The address changes once you have confirmed it from your old address as well. The link works for ${duration} and only once.`,
    ],
    button: 'Confirm address',
    why: `You receive this message because somebody with an account at ${host} gave this address as their new one. If it was not you, do nothing: without this confirmation it is not used.`,
  }),

  emailChangeCollision: ({ sender, host }) => ({
    subject: `You already have an account at ${sender}`,
    preheader: 'Nothing has changed in your account.',
    heading: 'Someone wanted to use your address',
    body: [
      `Someone with another account at ${sender} gave this address as their new one. You have an account with it already, so it stays yours and nothing was changed.`,
      'If it was you, sign in to this account as usual. If you no longer need it, erase it in your profile; after that the address is free for the other one. If it was not you, there is nothing to do.',
    ],
    button: 'Sign in',
    why: `You receive this message because this address was given as the new one of another account at ${host}.`,
  }),

  emailChanged: ({ sender, host, changedAt }) => ({
    subject: `The e-mail address of your ${sender} account was changed`,
    preheader: `Changed on ${changedAt}.`,
    heading: 'Your e-mail address was changed',
    body: [
      `On ${changedAt} your account got another e-mail address, after it was confirmed from both addresses. From now on you sign in with the new one, and messages go there.`,
      'All other devices have to sign in again. If it was not you, tell your management company at once.',
    ],
    button: 'Sign in',
    why: `You receive this message because this was the address of an account at ${host}. It is the last one to this address.`,
  }),

  dataExportReady: ({ sender, host, expiresOn }) => ({
    subject: `Your data from ${sender} is ready`,
    preheader: `It can be downloaded until ${expiresOn}.`,
    heading: 'Your data is ready',
    body: [
      `The file with everything your account has at ${sender} is ready. The button opens the page where you can download it until ${expiresOn}; after that it is deleted.`,
      'If you have not asked for it, change your password and look through your devices.',
    ],
    button: 'Open the page',
    why: `You receive this message because a copy of the data of the account with this address was asked for at ${host}.`,
  }),

  accountErased: ({ sender, host }) => ({
    subject: `Your account at ${sender} has been erased`,
    preheader: 'Nobody can sign in with it any more.',
    heading: 'Your account has been erased',
    body: [
      `Your account at ${sender} is gone, with its password, its devices and your name. Nobody can sign in with it any more.`,
      'What a management company has written down about your homes stays with that company; ask it about that. This address is free: you can open a new account with it.',
    ],
    button: 'Open a new account',
    why: `You receive this message because the account with this address was erased at ${host}. It is the last one to this address.`,
  }),
}
