export type StoredMail = {
  id: string
  from: string
  to: string
  subject: string
  html: string
  text: string
  createdAt: Date
}

/** The tokens of DESIGN.md. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --surface: #fff; --border: #e2e6eb; --text: #1a222d; --muted: #566273; --primary: #1f55c4; --on-primary: #fff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1318; --surface: #171c22; --border: #2a323b; --text: #e7ebf0; --muted: #a3afbd; --primary: #8db2ff; --on-primary: #0e1a33;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/24px Inter, system-ui, sans-serif; }
main { max-width: 720px; margin: 0 auto; padding: 32px 16px; }
h1 { margin: 0 0 4px; font-size: 24px; line-height: 32px; font-weight: 600; }
p { margin: 0 0 16px; }
a { color: var(--primary); }
:focus-visible { outline: 2px solid var(--primary); outline-offset: 2px; }
.muted { color: var(--muted); font-size: 14px; line-height: 20px; }
.card { background: var(--surface); border: 1px solid var(--border); border-radius: 8px; }
form { display: flex; gap: 8px; margin: 16px 0; }
label { align-self: center; }
input, button { min-height: 44px; padding: 0 12px; border: 1px solid var(--border); border-radius: 6px; font: inherit; }
input { flex: 1; min-width: 0; background: var(--surface); color: var(--text); }
button { border-color: var(--primary); background: var(--primary); color: var(--on-primary); font-weight: 600; }
ul { list-style: none; margin: 0; padding: 0; }
li + li { border-top: 1px solid var(--border); }
li a { display: block; padding: 12px 16px; color: inherit; text-decoration: none; overflow-wrap: anywhere; }
li a:hover strong { text-decoration: underline; }
li strong { display: block; font-weight: 600; color: var(--primary); }
iframe { display: block; width: 100%; height: 70vh; margin: 16px 0; background: #fff; }
pre { margin: 16px 0 0; padding: 16px; white-space: pre-wrap; overflow-wrap: anywhere; font: 14px/20px ui-monospace, monospace; }
`

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)

const page = (title: string, content: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)} - servAI mailbox</title>
<link rel="stylesheet" href="/dev/mailbox.css">
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`

const timeOf = ({ createdAt }: StoredMail) =>
  `<time datetime="${createdAt.toISOString()}">${createdAt.toISOString().slice(0, 19).replace('T', ' ')} UTC</time>`

const itemOf = (mail: StoredMail) => `<li><a href="/dev/mailbox/${mail.id}">
<strong>${escapeHtml(mail.subject)}</strong>
<span class="muted">${escapeHtml(mail.to)}, ${timeOf(mail)}</span>
</a></li>`

export const listPage = (mails: readonly StoredMail[], to = '') =>
  page(
    'Messages',
    `<h1>Mailbox</h1>
<p class="muted">No message leaves this machine while servAI runs with the development mailbox: here they are instead.</p>
<form action="/dev/mailbox">
<label for="to">To</label>
<input id="to" name="to" type="search" value="${escapeHtml(to)}" autocomplete="off">
<button>Find</button>
</form>
${
  mails.length > 0
    ? `<ul class="card">\n${mails.map(itemOf).join('\n')}\n</ul>`
    : `<p>${to ? 'There is no message to this address.' : 'There is no message yet: register somebody, or ask for a new password.'}</p>`
}`,
  )

export const messagePage = (mail: StoredMail) =>
  page(
    mail.subject,
    `<p><a href="/dev/mailbox">All messages</a></p>
<h1>${escapeHtml(mail.subject)}</h1>
<p class="muted">From ${escapeHtml(mail.from)} to ${escapeHtml(mail.to)}, ${timeOf(mail)}</p>
<iframe class="card" src="/dev/mailbox/${mail.id}/html" title="The message" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>
<h2 class="muted">As plain text</h2>
<pre class="card">${escapeHtml(mail.text)}</pre>`,
  )

/** Links of a mail open in a tab of their own, because servAI's pages refuse to be framed. */
export const toFrame = (html: string) =>
  html.includes('<head>') ? html.replace('<head>', '<head><base target="_blank">') : `<base target="_blank">${html}`
