import type { FactorChange } from '@servai/contract/factors'
import type { Locale } from '@servai/contract/locales'
import type { StaffRole } from '@servai/contract/roles'

import { renderHtml, renderText } from './layout.ts'
import { bg } from './texts/bg.ts'
import { en } from './texts/en.ts'
import { ru } from './texts/ru.ts'
import type { Copy, Sender, Texts } from './texts/texts.ts'

/** `subject` is one line; `html` and `text` say the same. */
export type Message = { subject: string; html: string; text: string }

export type MessageContext = {
  locale: Locale
  /** APP_URL; the only source of link hosts. */
  appUrl: string
  /** EMAIL_FROM_NAME: the name recipients know the sender by. */
  senderName: string
  /** Left out of the greeting when it could carry a link or markup: anybody can register any address under any name. */
  firstName?: string | null | undefined
}

export const TEXTS: Record<Locale, Texts> = { en, ru, bg }

/** Asks for proof of the mailbox; sent at registration and on request. */
export const verification = (context: MessageContext & { token: string; lifetimeMinutes: number }): Message =>
  compose(context, `/verify-email#token=${encodeURIComponent(context.token)}`, (texts, sender) =>
    texts.verification({ ...sender, duration: duration(context.locale, context.lifetimeMinutes) }),
  )

/** Sent once, when the address has been confirmed. */
export const welcome = (context: MessageContext): Message =>
  compose(context, '/sign-in', (texts, sender) => texts.welcome(sender))

export const passwordReset = (context: MessageContext & { token: string; lifetimeMinutes: number }): Message =>
  compose(context, `/reset-password#token=${encodeURIComponent(context.token)}`, (texts, sender) =>
    texts.passwordReset({ ...sender, duration: duration(context.locale, context.lifetimeMinutes) }),
  )

/** `timeZone` is an IANA name; the message names the zone it writes. */
export const passwordChanged = (context: MessageContext & { changedAt: Date; timeZone?: string }): Message =>
  compose(context, '/forgot-password', (texts, sender) =>
    texts.passwordChanged({
      ...sender,
      changedAt: dateTime(context.locale, context.changedAt, context.timeZone ?? 'UTC'),
    }),
  )

/** To the owner of an account whose address somebody entered in the registration form. */
export const registrationAttempt = (context: MessageContext): Message =>
  compose(context, '/sign-in', (texts, sender) => texts.registrationAttempt(sender))

/** When an old refresh token has turned up and its session was ended. `timeZone` is an IANA name. */
export const sessionEnded = (context: MessageContext & { endedAt: Date; timeZone?: string }): Message =>
  compose(context, '/forgot-password', (texts, sender) =>
    texts.sessionEnded({ ...sender, endedAt: dateTime(context.locale, context.endedAt, context.timeZone ?? 'UTC') }),
  )

type ApiKeyContext = MessageContext & {
  company: string
  name: string
  /** Its first characters, which are no secret. */
  prefix: string
  expiresAt: Date
  timeZone: string
}

const aboutApiKey = ({ company, name, prefix, locale, expiresAt, timeZone }: ApiKeyContext) => {
  const names = unlinked({ company, name })
  return { company: names.company, key: `${names.name} (${prefix})`, expiresOn: day(locale, expiresAt, timeZone) }
}

/** To whom the key acts for. */
export const apiKeyCreated = (context: ApiKeyContext): Message =>
  compose(context, '/profile/api-keys', (texts, sender) => texts.apiKeyCreated({ ...sender, ...aboutApiKey(context) }))

export const apiKeyExpiring = (context: ApiKeyContext): Message =>
  compose(context, '/profile/api-keys', (texts, sender) => texts.apiKeyExpiring({ ...sender, ...aboutApiKey(context) }))

/** `timeZone` is an IANA name. */
export const factorsChanged = (
  context: MessageContext & { change: FactorChange; changedAt: Date; timeZone?: string },
): Message =>
  compose(context, '/profile/security', (texts, sender) =>
    texts.factorsChanged({
      ...sender,
      what: texts.factorChanges[context.change],
      changedAt: dateTime(context.locale, context.changedAt, context.timeZone ?? 'UTC'),
    }),
  )

/** `timeZone` is an IANA name. */
export const recoveryCodeUsed = (context: MessageContext & { usedAt: Date; timeZone?: string }): Message =>
  compose(context, '/profile/security', (texts, sender) =>
    texts.recoveryCodeUsed({ ...sender, usedAt: dateTime(context.locale, context.usedAt, context.timeZone ?? 'UTC') }),
  )

/** When the counter of a passkey has not risen, as if somebody had a copy of it. `timeZone` is an IANA name. */
export const passkeyRefused = (context: MessageContext & { refusedAt: Date; timeZone?: string }): Message =>
  compose(context, '/profile/security', (texts, sender) =>
    texts.passkeyRefused({
      ...sender,
      refusedAt: dateTime(context.locale, context.refusedAt, context.timeZone ?? 'UTC'),
    }),
  )

/** To somebody whose password is being guessed. `timeZone` is an IANA name. */
export const passwordLocked = (context: MessageContext & { lockedAt: Date; timeZone?: string }): Message =>
  compose(context, '/forgot-password', (texts, sender) =>
    texts.passwordLocked({
      ...sender,
      lockedAt: dateTime(context.locale, context.lockedAt, context.timeZone ?? 'UTC'),
    }),
  )

/** To somebody whose password is known to whoever guesses codes. `timeZone` is an IANA name. */
export const secondFactorLocked = (context: MessageContext & { lockedAt: Date; timeZone?: string }): Message =>
  compose(context, '/forgot-password', (texts, sender) =>
    texts.secondFactorLocked({
      ...sender,
      lockedAt: dateTime(context.locale, context.lockedAt, context.timeZone ?? 'UTC'),
    }),
  )

type HomeContext = MessageContext & { company: string; complex: string; address: string; unit: string }

/** A way into a home, to somebody the company knows the address of. `timeZone` is the one of the complex. */
export const residentInvite = (context: HomeContext & { token: string; expiresAt: Date; timeZone: string }): Message =>
  compose(context, `/invite#${encodeURIComponent(context.token)}`, (texts, sender) => {
    const { company, complex, address, unit } = context
    const names = unlinked({ company, complex, address, unit })
    const expiresOn = day(context.locale, context.expiresAt, context.timeZone)
    return texts.residentInvite({ ...sender, ...names, expiresOn })
  })

type StaffContext = MessageContext & {
  company: string
  role: StaffRole
  token: string
  expiresAt: Date
  timeZone: string
}

/** To somebody who is to work for a company; only the account with this address can accept. */
export const staffInvite = (context: StaffContext): Message =>
  compose(context, `/staff-invite#${encodeURIComponent(context.token)}`, (texts, sender) => {
    const { role, locale, expiresAt, timeZone } = context
    const { company } = unlinked({ company: context.company })
    return texts.staffInvite({
      ...sender,
      company,
      role: texts.roles[role],
      expiresOn: day(locale, expiresAt, timeZone),
    })
  })

type ClaimContext = MessageContext & { company: string; complex: string; unit: string | null; note: string }

export const claimApproved = (context: ClaimContext): Message =>
  compose(context, '/home', (texts, sender) => {
    const { company, complex } = context
    const names = unlinked({ company, complex, unit: context.unit ?? '' })
    return texts.claimApproved({ ...sender, ...names, note: oneLine(context.note) })
  })

export const claimDeclined = (context: ClaimContext): Message =>
  compose(context, '/home/requests', (texts, sender) => {
    const { company, complex } = context
    return texts.claimDeclined({ ...sender, ...unlinked({ company, complex }), note: oneLine(context.note) })
  })

export const compose = (
  context: MessageContext,
  path: string,
  write: (texts: Texts, sender: Sender) => Copy,
): Message => {
  const texts = TEXTS[context.locale]
  const sender = { sender: oneLine(context.senderName), host: new URL(context.appUrl).host }
  const copy = write(texts, sender)
  const letter = {
    ...copy,
    locale: context.locale,
    subject: oneLine(copy.subject),
    greeting: texts.greeting(greetableName(context.firstName)),
    button: { label: copy.button, url: `${context.appUrl.replace(/\/+$/, '')}${path}` },
    linkHint: texts.linkHint,
    sentBy: texts.sentBy(sender),
  }
  return { subject: letter.subject, html: renderHtml(letter), text: renderText(letter) }
}

/** Safe as a header value: control characters and line separators become single spaces. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()

/** Letters, spaces, hyphens, apostrophes and initials, at most 40 characters; a dot inside a word would make mail clients draw a link. */
const greetableName = (name: string | null | undefined): string | undefined => {
  const line = oneLine(name ?? '')
  return /^\p{L}[\p{L}\p{M}'’. -]{0,39}$/u.test(line) && !/\.[^\s]/.test(line) ? line : undefined
}

/** Names that a company wrote, with a space where mail clients would draw a link: after a dot inside a word, before `://`. */
export const unlinked = <T extends Record<string, string>>(names: T): T =>
  // The keys are those of `names`, each with a text again.
  Object.fromEntries(
    Object.entries(names).map(([key, name]) => [
      key,
      oneLine(name)
        .replace(/\.(?=\p{L})/gu, '. ')
        .replaceAll('://', ' :// ')
        .replaceAll('@', ' @ '),
    ]),
  ) as T

/** In hours from one hour on, else in tens of minutes: rounded down, and the same grammatical form in every language. */
export const duration = (locale: Locale, minutes: number) => {
  const [unit, count] = minutes >= 60 ? ['hour', Math.floor(minutes / 60)] : ['minute', Math.floor(minutes / 10) * 10]
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(count)
}

export const day = (locale: Locale, at: Date, timeZone: string) =>
  new Intl.DateTimeFormat(locale, { year: 'numeric', month: 'long', day: 'numeric', timeZone }).format(at)

export const dateTime = (locale: Locale, at: Date, timeZone: string) =>
  new Intl.DateTimeFormat(locale, {
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone,
    timeZoneName: 'short',
  }).format(at)
