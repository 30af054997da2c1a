import type { Locale } from '@servai/contract/locales'

/** The tokens of DESIGN.md that a message needs, inlined because mail clients drop custom properties. */
export const TOKENS = {
  light: {
    page: '#F6F7F9',
    surface: '#FFFFFF',
    border: '#E2E6EB',
    text: '#1A222D',
    muted: '#566273',
    primary: '#1F55C4',
    onPrimary: '#FFFFFF',
  },
  dark: {
    page: '#0F1318',
    surface: '#171C22',
    border: '#2A323B',
    text: '#E7EBF0',
    muted: '#A3AFBD',
    primary: '#8DB2FF',
    onPrimary: '#0E1A33',
  },
} as const

/** Plain text only; `renderHtml` escapes, `renderText` does not need to. */
export type Letter = {
  locale: Locale
  subject: string
  preheader: string
  greeting: string
  heading: string
  body: string[]
  button: { label: string; url: string }
  linkHint: string
  why: string
  sentBy: string
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)

const FONT = "Inter, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif"

const { light, dark } = TOKENS

const DARK_RULES = [
  ['page', `background-color: ${dark.page}`],
  ['card', `background-color: ${dark.surface}; border-color: ${dark.border}`],
  ['text', `color: ${dark.text}`],
  ['muted', `color: ${dark.muted}`],
  ['link', `color: ${dark.primary}`],
  ['button', `background-color: ${dark.primary}; color: ${dark.onPrimary}`],
].map(([name, rule]) => `.${name} { ${rule!.replace(/(; |$)/g, ' !important$1')} }`)

/** Keeps clients from pulling the text after the preheader into the preview line. */
const PREVIEW_PADDING = '&#847;&zwnj;&nbsp;'.repeat(60)

/** One column of 560 px, one button, its address in full below it. No images, so nothing is lost with images off. */
export const renderHtml = (letter: Letter): string => {
  const text = (content: string, style: string, name = 'text') =>
    `<p class="${name}" style="margin:0 0 16px;font-family:${FONT};font-size:16px;line-height:24px;color:${light.text};${style}">${content}</p>`
  const small = `font-size:14px;line-height:20px;color:${light.muted};`
  const url = escapeHtml(letter.button.url)

  return `<!doctype html>
<html lang="${letter.locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no">
<title>${escapeHtml(letter.subject)}</title>
<style>
:root { color-scheme: light dark; }
@media (max-width: 600px) { .card { padding: 24px 16px !important; } .foot { padding: 16px !important; } }
@media (prefers-color-scheme: dark) {
${DARK_RULES.join('\n')}
}
</style>
</head>
<body class="page" style="margin:0;padding:0;background-color:${light.page};">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all;">${escapeHtml(letter.preheader)}${PREVIEW_PADDING}</div>
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" style="background-color:${light.page};">
<tr><td align="center" style="padding:24px 12px;">
<table role="presentation" width="560" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:560px;">
<tr><td class="card" style="padding:32px;background-color:${light.surface};border:1px solid ${light.border};border-radius:8px;">
<h1 class="text" style="margin:0 0 16px;font-family:${FONT};font-size:24px;line-height:32px;font-weight:600;color:${light.text};">${escapeHtml(letter.heading)}</h1>
${[letter.greeting, ...letter.body].map((paragraph) => text(escapeHtml(paragraph), '')).join('\n')}
<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:8px 0 24px;">
<tr><td class="button" bgcolor="${light.primary}" style="border-radius:6px;background-color:${light.primary};">
<a class="button" href="${url}" style="display:inline-block;padding:12px 24px;border-radius:6px;background-color:${light.primary};color:${light.onPrimary};font-family:${FONT};font-size:16px;line-height:20px;font-weight:600;text-decoration:none;">${escapeHtml(letter.button.label)}</a>
</td></tr>
</table>
${text(escapeHtml(letter.linkHint), `${small}margin-bottom:4px;`, 'muted')}
${text(`<a class="link" href="${url}" style="color:${light.primary};">${url}</a>`, 'font-size:14px;line-height:20px;margin-bottom:0;word-break:break-all;')}
</td></tr>
<tr><td class="foot" style="padding:16px 32px;">
${text(escapeHtml(letter.why), `${small}margin-bottom:8px;`, 'muted')}
${text(escapeHtml(letter.sentBy), `${small}margin-bottom:0;`, 'muted')}
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`
}

/** The plain-text twin: the same words in the same order. */
export const renderText = (letter: Letter): string =>
  `${[
    letter.heading,
    letter.greeting,
    ...letter.body,
    `${letter.button.label}:\n${letter.button.url}`,
    `-- \n${letter.why}\n${letter.sentBy}`,
  ].join('\n\n')}\n`
