import { mailSettings } from '@servai/email/config'
import type { Env } from '../env.ts'

/** Asks the mail provider whether it would take our mail; the worker is who sends it. */
export const createMailProbe = (env: Env) => {
  const { transport } = mailSettings(env, {
    isProduction: env.isProduction,
    appUrl: env.APP_URL,
    store: () => Promise.reject(new Error('the server sends no mail')),
  })
  return {
    transport: transport.kind,
    /** @throws MailUnavailableError and what else the provider's client throws */
    check: async () => {
      const { createTransport } = await import('@servai/email/transports')
      const open = createTransport(transport)
      await open.check().finally(() => open.close())
    },
  }
}
