import { compose, dateTime, oneLine, unlinked, type Message, type MessageContext } from './messages.ts'

/** An account has no zone of its own. */
const ZONE = 'UTC'

/** `company`: whose director did it; `null` stands for the platform. */
type ByStaff = MessageContext & { company: string | null; at: Date }

const byOf = (company: string | null, senderName: string) => unlinked({ by: company ?? senderName }).by

const stated = ({ company, senderName, locale, at }: ByStaff) => ({
  by: byOf(company, senderName),
  at: dateTime(locale, at, ZONE),
})

export const accountDisabled = (context: ByStaff): Message =>
  compose(context, '/sign-in', (texts, sender) => texts.accountDisabled({ ...sender, ...stated(context) }))

export const accountEnabled = (context: ByStaff): Message =>
  compose(context, '/sign-in', (texts, sender) => texts.accountEnabled({ ...sender, ...stated(context) }))

export const signedOutByStaff = (context: ByStaff): Message =>
  compose(context, '/sign-in', (texts, sender) => texts.signedOutByStaff({ ...sender, ...stated(context) }))

type AboutReset = MessageContext & { requestedBy: string; reason: string; expiresAt: Date }

const asked = ({ requestedBy, reason, expiresAt, locale }: AboutReset) => ({
  ...unlinked({ requestedBy, reason }),
  expiresAt: dateTime(locale, expiresAt, ZONE),
})

/** To the owner of the account; the page it opens asks once more. */
export const factorResetRequested = (context: AboutReset & { company: string | null; token: string }): Message =>
  compose(context, `/keep-second-factor#token=${encodeURIComponent(context.token)}`, (texts, sender) =>
    texts.factorResetRequested({ ...sender, ...asked(context), by: byOf(context.company, context.senderName) }),
  )

/** To somebody who may approve. `name` is that of the account's owner. */
export const factorResetApproval = (context: AboutReset & { name: string }): Message =>
  compose(context, '/accounts/requests', (texts, sender) =>
    texts.factorResetApproval({ ...sender, ...asked(context), name: unlinked({ name: context.name }).name }),
  )

type Impersonation = MessageContext & { startedAt: Date; endedAt: Date; reason: string; access: 'read' | 'write' }

/** When it is over. */
export const impersonated = (context: Impersonation): Message =>
  compose(context, '/', (texts, sender) => {
    const { locale, startedAt, endedAt, access } = context
    return texts.impersonated({
      ...sender,
      access,
      reason: oneLine(unlinked({ reason: context.reason }).reason),
      startedAt: dateTime(locale, startedAt, ZONE),
      endedAt: dateTime(locale, endedAt, ZONE),
    })
  })
