import { expect, it } from 'vitest'
import { z } from 'zod'

import { mailEnv, mailSettings } from './config.ts'

const store = async () => 'id'
const settings = (env: Record<string, string>, isProduction = true) =>
  mailSettings(z.object(mailEnv).parse(env), { isProduction, appUrl: 'https://homes.example', store })

it('falls back to the mailbox in development only', () => {
  expect(settings({}, false)).toEqual({
    from: { name: 'servAI', address: 'no-reply@homes.example' },
    transport: { kind: 'mailbox', store, isProduction: false },
  })
  expect(() => settings({})).toThrow('EMAIL_TRANSPORT must be resend or smtp in production')
  expect(() => settings({ EMAIL_TRANSPORT: 'mailbox' })).toThrow('EMAIL_TRANSPORT must be resend or smtp in production')
})

it('reads resend', () => {
  const env = {
    EMAIL_TRANSPORT: 'resend',
    EMAIL_FROM: 'a@b.example',
    EMAIL_FROM_NAME: 'Homes\r\n',
    RESEND_API_KEY: 're_1',
  }
  expect(settings(env)).toEqual({
    from: { name: 'Homes', address: 'a@b.example' },
    transport: { kind: 'resend', apiKey: 're_1', baseUrl: undefined },
  })
})

it('reads smtp and guesses port and TLS from each other', () => {
  const env = { EMAIL_TRANSPORT: 'smtp', EMAIL_FROM: 'a@b.example', SMTP_HOST: 'mx.example' }
  expect(settings(env).transport).toMatchObject({ host: 'mx.example', port: 587, secure: false })
  expect(settings({ ...env, SMTP_PORT: '465' }).transport).toMatchObject({ port: 465, secure: true })
  expect(settings({ ...env, SMTP_SECURE: 'true' }).transport).toMatchObject({ port: 465, secure: true })
  expect(settings({ ...env, SMTP_PORT: '2525', SMTP_SECURE: 'false' }).transport).toMatchObject({
    port: 2525,
    secure: false,
  })
})

it.each([
  [{ EMAIL_TRANSPORT: 'resend', RESEND_API_KEY: 're_1' }, 'EMAIL_TRANSPORT=resend needs EMAIL_FROM'],
  [{ EMAIL_TRANSPORT: 'resend', EMAIL_FROM: 'a@b.example' }, 'EMAIL_TRANSPORT=resend needs RESEND_API_KEY'],
  [{ EMAIL_TRANSPORT: 'smtp', EMAIL_FROM: 'a@b.example' }, 'EMAIL_TRANSPORT=smtp needs SMTP_HOST'],
  [
    { EMAIL_TRANSPORT: 'smtp', EMAIL_FROM: 'a@b.example', SMTP_HOST: 'mx.example', SMTP_USER: 'u' },
    'EMAIL_TRANSPORT=smtp needs SMTP_PASSWORD',
  ],
])('names what is missing in %j', (env, message) => expect(() => settings(env)).toThrow(message))
