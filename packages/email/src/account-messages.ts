import { compose, dateTime, day, duration, unlinked, type Message, type MessageContext } from './messages.ts'

type TokenContext = MessageContext & { token: string; lifetimeMinutes: number }

/** `timeZone` of all instants is UTC, and named: an account has no zone of its own. */
const ZONE = 'UTC'

/** When somebody signs in from where the account has not been before. `network` is a prefix, never an address. */
export const newDevice = (context: MessageContext & { device: string; network: string; signedInAt: Date }): Message =>
  compose(context, '/profile/devices', (texts, sender) => {
    const { locale, network, signedInAt } = context
    const { device } = unlinked({ device: context.device })
    return texts.newDevice({ ...sender, device, network, signedInAt: dateTime(locale, signedInAt, ZONE) })
  })

const confirmationPath = (token: string) => `/confirm-email#token=${encodeURIComponent(token)}`

/** To the address an account has; the page it opens asks whether to agree or to refuse. */
export const emailChangeOld = (context: TokenContext): Message =>
  compose(context, confirmationPath(context.token), (texts, sender) =>
    texts.emailChangeOld({ ...sender, duration: duration(context.locale, context.lifetimeMinutes) }),
  )

/** To the address an account is to have. */
export const emailChangeNew = (context: TokenContext): Message =>
  compose(context, confirmationPath(context.token), (texts, sender) =>
    texts.emailChangeNew({ ...sender, duration: duration(context.locale, context.lifetimeMinutes) }),
  )

/** To the owner of an account whose address somebody gave as their new one. */
export const emailChangeCollision = (context: MessageContext): Message =>
  compose(context, '/sign-in', (texts, sender) => texts.emailChangeCollision(sender))

/** To the address an account has had until now. */
export const emailChanged = (context: MessageContext & { changedAt: Date }): Message =>
  compose(context, '/sign-in', (texts, sender) =>
    texts.emailChanged({ ...sender, changedAt: dateTime(context.locale, context.changedAt, ZONE) }),
  )

/** Leads to the page: no link opens the file itself. */
export const dataExportReady = (context: MessageContext & { expiresAt: Date }): Message =>
  compose(context, '/profile/data', (texts, sender) =>
    texts.dataExportReady({ ...sender, expiresOn: day(context.locale, context.expiresAt, ZONE) }),
  )

/** The last message to the address of an account that is gone. */
export const accountErased = (context: MessageContext): Message =>
  compose(context, '/register', (texts, sender) => texts.accountErased(sender))
