type Example = { request?: unknown; response?: unknown }

const email = 'anna@example.com'
const password = 'seven green kettles'
const accessToken = 'eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImsxIn0...'
const refreshToken = '1.AZ2gq...'
const user = {
  id: '019aa4d2-7c1e-7d5a-9f3b-2f6f5b0f7a11',
  email,
  firstName: 'Anna',
  lastName: 'Petrova',
  locale: 'bg',
  emailVerified: true,
  contexts: [],
}
const token = 'pS0hYw2m4nQ3v9d6c1b8x5z7k0j2h4g6f8d1s3a5q7w'

/** What a first walk through the API looks like, by procedure. */
export const EXAMPLES: Record<string, Example> = {
  'auth.register': { request: { email, password, firstName: 'Anna', lastName: 'Petrova', locale: 'bg' } },
  'auth.login': {
    request: { email, password, delivery: 'body' },
    response: { accessToken, expiresIn: 900, refreshToken, user },
  },
  'auth.refresh': { request: { refreshToken }, response: { accessToken, expiresIn: 900, refreshToken } },
  'auth.logout': { request: { refreshToken } },
  'auth.me': { response: user },
  'auth.changePassword': {
    request: { currentPassword: password, newPassword: 'nine quiet lanterns' },
    response: { accessToken, expiresIn: 900 },
  },
  'verification.verify': { request: { token }, response: { status: 'verified' } },
  'reset.request': { request: { email } },
  'reset.validate': { request: { token }, response: { valid: true } },
  'reset.reset': { request: { token, newPassword: 'nine quiet lanterns' } },
}
