export const reset = {
  request: {
    title: 'Choose a new password',
    lead: 'Write your e-mail address and we send you a link.',
    action: 'Send link',
    backToSignIn: 'Back to sign in',
    sentTitle: 'Check your mailbox',
    sent: 'If there is an account for {email}, a message with a link is on its way. It works for one hour.',
    hint: 'Nothing after a few minutes? Look in the spam folder or try another address.',
    again: 'Try another address',
  },
  choose: {
    title: 'Choose a new password',
    checking: 'Checking the link',
    action: 'Save new password',
    doneTitle: 'Your password is changed',
    done: 'You were signed out on all devices. Sign in with the new password.',
    signIn: 'Sign in',
    invalidTitle: 'This link no longer works',
    invalid: 'It may have expired or been used already. Have a new one sent.',
    requestNew: 'Send a new link',
  },
}
