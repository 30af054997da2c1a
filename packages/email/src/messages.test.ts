import { FACTOR_CHANGES } from '@servai/contract/factors'
import { LOCALES } from '@servai/contract/locales'
import type { Locale } from '@servai/contract/locales'
import { describe, expect, it } from 'vitest'

import {
  accountErased,
  dataExportReady,
  emailChangeCollision,
  emailChanged,
  emailChangeNew,
  emailChangeOld,
  newDevice,
} from './account-messages.ts'
import { TOKENS } from './layout.ts'
import {
  TEXTS,
  apiKeyCreated,
  apiKeyExpiring,
  claimApproved,
  claimDeclined,
  factorsChanged,
  passkeyRefused,
  passwordChanged,
  passwordReset,
  passwordLocked,
  registrationAttempt,
  recoveryCodeUsed,
  residentInvite,
  secondFactorLocked,
  sessionEnded,
  staffInvite,
  verification,
  welcome,
} from './messages.ts'
import type { Message, MessageContext } from './messages.ts'
import {
  accountDisabled,
  accountEnabled,
  factorResetApproval,
  factorResetRequested,
  impersonated,
  signedOutByStaff,
} from './oversight-messages.ts'

const TOKEN = 'q3Jv0nYk8h2hQm5v1rX9cW7tL4sD6fG8aZ0bN2eK1pU'
const context = (locale: Locale, more: Partial<MessageContext> = {}): MessageContext => ({
  locale,
  appUrl: 'https://homes.example',
  senderName: 'servAI',
  firstName: 'Anna',
  ...more,
})
const changedAt = new Date('2026-11-21T03:24:00Z')

const home = { company: 'Морска градина', complex: 'Чайка', address: 'Варна, Морска 1', unit: '12А' }

const apiKey = {
  company: home.company,
  name: 'Отчёты',
  prefix: 'servai_Ab3d',
  expiresAt: changedAt,
  timeZone: 'Europe/Sofia',
}

const reset = { requestedBy: 'Иван Петров', reason: 'Изгубен телефон', expiresAt: changedAt }
const impersonation = { startedAt: changedAt, endedAt: changedAt, reason: 'Обаждане 4711' }

const all = (locale: Locale, more?: Partial<MessageContext>): Record<string, Message> => {
  const at = context(locale, more)
  return {
    verification: verification({ ...at, token: TOKEN, lifetimeMinutes: 24 * 60 }),
    welcome: welcome(at),
    passwordReset: passwordReset({ ...at, token: TOKEN, lifetimeMinutes: 60 }),
    passwordChanged: passwordChanged({ ...at, changedAt }),
    registrationAttempt: registrationAttempt(at),
    ...Object.fromEntries(
      FACTOR_CHANGES.map((change) => [`factorsChanged_${change}`, factorsChanged({ ...at, change, changedAt })]),
    ),
    recoveryCodeUsed: recoveryCodeUsed({ ...at, usedAt: changedAt }),
    passkeyRefused: passkeyRefused({ ...at, refusedAt: changedAt }),
    passwordLocked: passwordLocked({ ...at, lockedAt: changedAt }),
    secondFactorLocked: secondFactorLocked({ ...at, lockedAt: changedAt }),
    sessionEnded: sessionEnded({ ...at, endedAt: changedAt }),
    newDevice: newDevice({ ...at, device: 'Firefox, Linux', network: '203.0.113.0/24', signedInAt: changedAt }),
    emailChangeOld: emailChangeOld({ ...at, token: TOKEN, lifetimeMinutes: 24 * 60 }),
    emailChangeNew: emailChangeNew({ ...at, token: TOKEN, lifetimeMinutes: 24 * 60 }),
    emailChangeCollision: emailChangeCollision(at),
    emailChanged: emailChanged({ ...at, changedAt }),
    dataExportReady: dataExportReady({ ...at, expiresAt: changedAt }),
    accountErased: accountErased(at),
    apiKeyCreated: apiKeyCreated({ ...at, ...apiKey }),
    apiKeyExpiring: apiKeyExpiring({ ...at, ...apiKey }),
    accountDisabled: accountDisabled({ ...at, company: home.company, at: changedAt }),
    accountEnabled: accountEnabled({ ...at, company: null, at: changedAt }),
    signedOutByStaff: signedOutByStaff({ ...at, company: home.company, at: changedAt }),
    factorResetRequested: factorResetRequested({ ...at, ...reset, company: home.company, token: TOKEN }),
    factorResetApproval: factorResetApproval({ ...at, ...reset, name: 'Мария Ангелова' }),
    impersonated_read: impersonated({ ...at, ...impersonation, access: 'read' }),
    impersonated_write: impersonated({ ...at, ...impersonation, access: 'write' }),
    residentInvite: residentInvite({ ...at, ...home, token: TOKEN, expiresAt: changedAt, timeZone: 'Europe/Sofia' }),
    staffInvite: staffInvite({
      ...at,
      company: home.company,
      role: 'complex_manager',
      token: TOKEN,
      expiresAt: changedAt,
      timeZone: 'Europe/Sofia',
    }),
    claimApproved: claimApproved({ ...at, ...home, note: '' }),
    claimDeclined: claimDeclined({ ...at, ...home, note: 'Нужен договор\r\n+359 88 123' }),
  }
}

const LINKS: Record<string, string> = {
  verification: `https://homes.example/verify-email#token=${TOKEN}`,
  welcome: 'https://homes.example/sign-in',
  passwordReset: `https://homes.example/reset-password#token=${TOKEN}`,
  passwordChanged: 'https://homes.example/forgot-password',
  registrationAttempt: 'https://homes.example/sign-in',
  ...Object.fromEntries(
    FACTOR_CHANGES.map((change) => [`factorsChanged_${change}`, 'https://homes.example/profile/security']),
  ),
  recoveryCodeUsed: 'https://homes.example/profile/security',
  passkeyRefused: 'https://homes.example/profile/security',
  passwordLocked: 'https://homes.example/forgot-password',
  secondFactorLocked: 'https://homes.example/forgot-password',
  sessionEnded: 'https://homes.example/forgot-password',
  newDevice: 'https://homes.example/profile/devices',
  emailChangeOld: `https://homes.example/confirm-email#token=${TOKEN}`,
  emailChangeNew: `https://homes.example/confirm-email#token=${TOKEN}`,
  emailChangeCollision: 'https://homes.example/sign-in',
  emailChanged: 'https://homes.example/sign-in',
  dataExportReady: 'https://homes.example/profile/data',
  accountErased: 'https://homes.example/register',
  apiKeyCreated: 'https://homes.example/profile/api-keys',
  apiKeyExpiring: 'https://homes.example/profile/api-keys',
  accountDisabled: 'https://homes.example/sign-in',
  accountEnabled: 'https://homes.example/sign-in',
  signedOutByStaff: 'https://homes.example/sign-in',
  factorResetRequested: `https://homes.example/keep-second-factor#token=${TOKEN}`,
  factorResetApproval: 'https://homes.example/accounts/requests',
  impersonated_read: 'https://homes.example/',
  impersonated_write: 'https://homes.example/',
  residentInvite: `https://homes.example/invite#${TOKEN}`,
  staffInvite: `https://homes.example/staff-invite#${TOKEN}`,
  claimApproved: 'https://homes.example/home',
  claimDeclined: 'https://homes.example/home/requests',
}

const everyMessage = LOCALES.flatMap((locale) =>
  Object.entries(all(locale)).map(([kind, message]) => ({ locale, kind, message })),
)

const readable = (html: string) =>
  html
    .replace(/<style>[\s\S]*?<\/style>|<[^>]+>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')

describe.each(everyMessage)('$kind in $locale', ({ locale, kind, message }) => {
  it('has one button and its full address below, both to the right page, and no other link or image', () => {
    const hrefs = [...message.html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href)
    expect(hrefs).toEqual([LINKS[kind], LINKS[kind]])
    expect(message.html).toContain(`>${LINKS[kind]}</a>`)
    expect(message.html).not.toMatch(/<img|src=|url\(|@import|<script/i)
  })

  it('says the same in plain text, with the address on a line of its own', () => {
    expect(message.text.split('\n')).toContain(LINKS[kind])
    const words = readable(message.html).replace(/\s+/g, ' ')
    for (const part of message.text.split('\n').filter((line) => line !== '' && line !== '-- '))
      expect(words).toContain(part.replace(/:$/, ''))
  })

  it('says who sent it and why, in one column of 560 px, in its own language, with a preheader', () => {
    expect(message.text).toContain('servAI, homes.example.')
    expect(message.html).toContain('max-width:560px')
    expect(message.html).toContain(`<html lang="${locale}">`)
    expect(message.html).toMatch(/<div style="display:none;[^"]*">[^<&]{15,}/)
  })

  it('follows the rules for words: no exclamation marks, no untranslated or missing text', () => {
    const words = message.subject + message.text + readable(message.html).replace('!doctype', '')
    expect(words).not.toMatch(/!|undefined|null|NaN|\[object/)
    if (locale !== 'en')
      expect(message.text.replace(LINKS[kind]!, '').match(/\b[a-z]{3,}\b/gi)).toEqual(
        message.text.replace(LINKS[kind]!, '').match(/\b(servAI|homes|example|Anna|UTC|API|Firefox|Linux)\b/g),
      )
  })

  it('has a subject of one short line', () => {
    expect(message.subject).toMatch(/^[^\p{Cc}]{10,60}$/u)
  })
})

it.each(LOCALES)('draws no link from what a company calls itself and its homes, in %s', (locale) => {
  const evil = 'Dom.bg http://evil.example/a www.evil.example sales@evil.example\nж.к. Чайка'
  const names = { company: evil, complex: evil, address: evil, unit: evil }
  const at = { ...context(locale), ...names, token: TOKEN, expiresAt: changedAt, timeZone: 'Europe/Sofia', note: '' }
  for (const message of [
    residentInvite(at),
    staffInvite({ ...at, role: 'director' }),
    claimApproved(at),
    claimDeclined(at),
  ])
    for (const part of [message.subject, message.text, readable(message.html)]) {
      expect(part).toContain('Dom. bg http :// evil. example/a www. evil. example sales @ evil. example ж. к. Чайка')
      expect(part).not.toMatch(/evil\.example|www\.evil|http:\/\/evil/)
    }
})

it('draws no link from what a program calls itself', () => {
  const { html, text } = newDevice({
    ...context('en'),
    device: 'www.evil.example',
    network: '203.0.113.0/24',
    signedInAt: changedAt,
  })
  for (const part of [text, readable(html)]) expect(part).toContain('Device: www. evil. example. Network')
})

it('is written differently in each language', () => {
  for (const kind of Object.keys(LINKS))
    expect(new Set(LOCALES.map((locale) => all(locale)[kind]!.subject)).size).toBe(LOCALES.length)
})

it('uses no key in one language that another lacks', () => {
  for (const locale of LOCALES) expect(Object.keys(TEXTS[locale])).toEqual(Object.keys(TEXTS.en))
})

describe('time in words', () => {
  it.each([
    ['en', 'The link works for 24 hours and only once.', 'The link works for 1 hour and only once.'],
    [
      'ru',
      'Ссылка действует 24 часа, использовать её можно один раз.',
      'Ссылка действует 1 час, использовать её можно один раз.',
    ],
    [
      'bg',
      'Връзката е валидна 24 часа и може да се използва само веднъж.',
      'Връзката е валидна 1 час и може да се използва само веднъж.',
    ],
  ] as const)('is written out in %s', (locale, day, hour) => {
    expect(all(locale).verification!.text).toContain(day)
    expect(all(locale).passwordReset!.text).toContain(hour)
  })

  it.each([
    ['en', 119, '1 hour'],
    ['en', 59, '50 minutes'],
    ['ru', 47, '40 минут'],
    ['bg', 12, '10 минути'],
    ['ru', 21 * 60, '21 час'],
  ] as const)('promises no more than is left in %s: %i minutes are %s', (locale, lifetimeMinutes, words) => {
    expect(passwordReset({ ...context(locale), token: TOKEN, lifetimeMinutes }).text).toContain(` ${words}`)
  })

  it.each([
    ['en', 'November 21, 2026 at 03:24 UTC'],
    ['ru', '21 ноября 2026 г. в 03:24 UTC'],
    ['bg', '21 ноември 2026 г. в 03:24 ч. UTC'],
  ] as const)('names the day and the zone in %s', (locale, when) => {
    expect(all(locale).passwordChanged!.text).toContain(when)
    expect(all(locale).sessionEnded!.text).toContain(when)
  })

  it('follows the zone it is given', () => {
    const { text } = passwordChanged({ ...context('en'), changedAt, timeZone: 'Europe/Sofia' })
    expect(text).toContain('November 21, 2026 at 05:24 GMT+2')
  })
})

describe('greeting', () => {
  it.each(['Anna', 'Жан-Поль', "O'Brien", 'D’Arcy', 'Мария Елена', 'J. R.', 'Željko', 'José'])(
    'uses the name %s',
    (firstName) => {
      expect(welcome(context('en', { firstName })).text).toContain(`Hello ${firstName},`)
    },
  )

  it.each([
    '<b>Anna</b>',
    '"><img src=x onerror=alert(1)>',
    'Visit evil.example now',
    'https://evil.example',
    'Anna & Co',
    'Win 1000',
    'a'.repeat(41),
    'Anna\u202Egro.live',
    '',
    null,
    undefined,
  ])('leaves out %s, which is no plain name', (firstName) => {
    const { text, html } = welcome(context('en', { firstName }))
    expect(text).toContain('Hello,\n')
    expect(html).not.toMatch(/onerror|evil|<b>|1000/)
  })

  it('takes line breaks out of a name', () => {
    expect(welcome(context('en', { firstName: 'Anna\r\nBcc: x' })).text).toContain('Hello,\n')
    expect(welcome(context('en', { firstName: 'Anna\r\nMaria' })).text).toContain('Hello Anna Maria,\n')
  })
})

describe('what comes from configuration', () => {
  it('is escaped in the HTML and kept out of headers', () => {
    const { subject, html } = welcome(context('en', { senderName: 'A <b>"B"</b> & Sons\r\nBcc: victim@example.com' }))
    expect(subject).toBe('Welcome to A <b>"B"</b> & Sons Bcc: victim@example.com')
    expect(html).toContain('A &lt;b&gt;&quot;B&quot;&lt;/b&gt; &amp; Sons Bcc: victim@example.com')
    expect(html).not.toContain('<b>')
  })

  it('may be an address with a path and a slash at its end', () => {
    const { text } = welcome(context('en', { appUrl: 'https://example.com/servai/' }))
    expect(text).toContain('\nhttps://example.com/servai/sign-in\n')
  })

  it('cannot lose a token to the query or to markup', () => {
    const { html, text } = verification({ ...context('en'), token: 'a"b&c#d', lifetimeMinutes: 24 * 60 })
    expect(text).toContain('/verify-email#token=a%22b%26c%23d\n')
    expect(html).toContain('/verify-email#token=a%22b%26c%23d"')
  })
})

const luminance = (hex: string) => {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}
const contrast = (one: string, other: string) => {
  const [dim, bright] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (bright! + 0.05) / (dim! + 0.05)
}

describe.each(['light', 'dark'] as const)('%s colours', (theme) => {
  const { page, surface, text, muted, primary, onPrimary } = TOKENS[theme]
  it.each([
    ['text on surface', text, surface],
    ['muted on surface', muted, surface],
    ['muted on page', muted, page],
    ['link on surface', primary, surface],
    ['button', onPrimary, primary],
  ])('reach WCAG AA: %s', (_pair, front, back) => expect(contrast(front, back)).toBeGreaterThanOrEqual(4.5))

  it('are all in the message', () => {
    const { html } = welcome(context('en'))
    for (const colour of Object.values(TOKENS[theme])) expect(html).toContain(colour)
  })
})
