export const oversight = {
  banner: {
    label: 'Seeing as somebody else',
    who: 'You see as {name}',
    read: 'Read only',
    write: 'Changes are made in their name',
    left: '{minutes} min left',
    end: 'End',
    over: 'You are yourself again.',
  },
  keep: {
    title: 'Keep your second factor',
    text: 'Somebody asked that your second factor be removed. If you do not want this, say no here: everything stays as it is.',
    action: 'Keep my second factor',
    done: 'Your second factor stays',
    doneText:
      'The request is closed. If you did not ask for it, choose a new password and tell your management company: somebody may be after your account.',
    dead: 'This link is not valid any more',
    deadText: 'The request has been decided, withdrawn or has expired. Your security page shows what your account has.',
    missing: 'Something is missing in this link',
    missingText: 'Open it from the e-mail once more, or copy it as a whole.',
    goOn: 'Go on',
    own: 'Somebody asked to remove your second factor',
    ownText: '{company} asks for it until {at}. Reason: {reason}. If you did not ask for this, keep it.',
  },
}
