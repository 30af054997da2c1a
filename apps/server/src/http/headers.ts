/** Header names and values in turn, as `writeHead` takes them. */
export type HeaderList = readonly string[]

const YEAR_SECONDS = 31_536_000

const csp = (directives: Record<string, string>) =>
  Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources}`.trim())
    .join('; ')

const LOCKED = { 'default-src': "'none'", 'base-uri': "'none'", 'frame-ancestors': "'none'", 'form-action': "'none'" }

/** Vue and Quasar set styles through the DOM, which `style-src 'self'` permits (docs/adr/0013-browser-walls.md). */
const WEB_CSP = csp({
  ...LOCKED,
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data: blob:",
  'font-src': "'self'",
  'connect-src': "'self'",
  'manifest-src': "'self'",
  'worker-src': "'self'",
  'object-src': "'none'",
  'form-action': "'self'",
})
const API_CSP = csp(LOCKED)
/** Swagger UI writes `style` attributes into its markup. */
const DOCS_CSP = csp({
  ...LOCKED,
  'script-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
  'img-src': "'self' data:",
  'connect-src': "'self'",
})
const MAILBOX_CSP = csp({ ...LOCKED, 'style-src': "'self'", 'frame-src': "'self'", 'form-action': "'self'" })
/** A mail as its reader's program shows it: its own styles, no script, links in a new tab. */
const MAIL_CSP = csp({
  'default-src': "'none'",
  'style-src': "'unsafe-inline'",
  'img-src': 'data:',
  'frame-ancestors': "'self'",
  sandbox: 'allow-popups allow-popups-to-escape-sandbox',
})

export type AnswerHeaders = ReturnType<typeof createAnswerHeaders>

/** The headers of every kind of answer, put together once. */
export const createAnswerHeaders = ({ isHttps }: { isHttps: boolean }) => {
  const common = [
    'x-content-type-options',
    'nosniff',
    'referrer-policy',
    'no-referrer',
    'cross-origin-opener-policy',
    'same-origin',
    'cross-origin-resource-policy',
    'same-origin',
    'permissions-policy',
    'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
    ...(isHttps ? ['strict-transport-security', `max-age=${YEAR_SECONDS}; includeSubDomains`] : []),
  ]
  const kind = (policy: string, cacheControl: string, type?: string): HeaderList => [
    ...common,
    'content-security-policy',
    policy,
    'cache-control',
    cacheControl,
    ...(type ? ['content-type', type] : []),
  ]
  const varied = [...kind(API_CSP, 'no-store'), 'vary', 'origin, accept']
  return {
    /** Without a content type: the official tRPC adapter and empty answers. */
    api: varied,
    json: [...varied, 'content-type', 'application/json'],
    metrics: kind(API_CSP, 'no-store', 'text/plain; version=0.0.4; charset=utf-8'),
    docsPage: kind(DOCS_CSP, 'no-cache', 'text/html; charset=utf-8'),
    docsFile: kind(API_CSP, 'public, max-age=86400'),
    mailboxPage: kind(MAILBOX_CSP, 'no-store', 'text/html; charset=utf-8'),
    mailboxStyle: kind(API_CSP, 'no-cache', 'text/css; charset=utf-8'),
    mail: kind(MAIL_CSP, 'no-store', 'text/html; charset=utf-8'),
    webPage: [...kind(WEB_CSP, 'no-cache', 'text/html; charset=utf-8'), 'vary', 'accept-encoding'],
    webFile: [...kind(API_CSP, 'no-cache'), 'vary', 'accept-encoding'],
    webAsset: [...kind(API_CSP, `public, max-age=${YEAR_SECONDS}, immutable`), 'vary', 'accept-encoding'],
  }
}
