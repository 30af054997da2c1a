import { z } from 'zod'

import { oneLine } from './messages.ts'
import type { Mailbox, StoredMail, TransportConfig } from './transports.ts'

const optionalText = z.string().trim().min(1).optional()

/** The mail part of an app's environment, for `z.object({ ...mailEnv, ... })`. */
export const mailEnv = {
  EMAIL_TRANSPORT: z.enum(['resend', 'smtp', 'mailbox']).optional(),
  RESEND_API_KEY: optionalText,
  RESEND_BASE_URL: z.url({ protocol: /^https?$/ }).optional(),
  SMTP_HOST: optionalText,
  SMTP_PORT: z.coerce.number().int().min(1).max(65_535).optional(),
  SMTP_USER: optionalText,
  SMTP_PASSWORD: z.string().optional(),
  SMTP_SECURE: z.stringbool().optional(),
  EMAIL_FROM: z.email().optional(),
  EMAIL_FROM_NAME: z.string().max(100).transform(oneLine).pipe(z.string().min(1)).default('servAI'),
}

export type MailEnv = z.output<z.ZodObject<typeof mailEnv>>

export type MailSettings = { transport: TransportConfig; from: Mailbox }

/**
 * Settings of the transport that the environment names; the development mailbox when it names none.
 * @throws Error naming the variable that is missing, or that production needs
 */
export const mailSettings = (
  env: MailEnv,
  {
    isProduction,
    appUrl,
    store,
  }: { isProduction: boolean; appUrl: string; store: (mail: StoredMail) => Promise<string> },
): MailSettings => {
  const kind = env.EMAIL_TRANSPORT ?? 'mailbox'
  if (isProduction && kind === 'mailbox') throw new Error('EMAIL_TRANSPORT must be resend or smtp in production')
  const need = <Name extends keyof MailEnv>(name: Name): NonNullable<MailEnv[Name]> => {
    const value = env[name]
    if (value === undefined || value === null) throw new Error(`EMAIL_TRANSPORT=${kind} needs ${name}`)
    return value
  }
  const address = kind === 'mailbox' ? (env.EMAIL_FROM ?? `no-reply@${new URL(appUrl).hostname}`) : need('EMAIL_FROM')
  const from = { name: env.EMAIL_FROM_NAME, address }

  switch (kind) {
    case 'resend':
      return { from, transport: { kind, apiKey: need('RESEND_API_KEY'), baseUrl: env.RESEND_BASE_URL } }
    case 'smtp': {
      const secure = env.SMTP_SECURE ?? env.SMTP_PORT === 465
      const password = env.SMTP_USER === undefined ? undefined : need('SMTP_PASSWORD')
      const port = env.SMTP_PORT ?? (secure ? 465 : 587)
      return { from, transport: { kind, host: need('SMTP_HOST'), port, user: env.SMTP_USER, password, secure } }
    }
    case 'mailbox':
      return { from, transport: { kind, store, isProduction } }
  }
}
