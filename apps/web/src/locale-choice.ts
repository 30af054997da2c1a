import type { Locale } from '@servai/contract/locales'
import { reasonOf } from './errors.ts'
import { setLocale } from './i18n/i18n.ts'
import { session, updateProfile } from './session.ts'
import { notifyError } from './ui/toasts.ts'

/** Shows the language at once and, for somebody signed in, keeps it for their messages as well. */
export const chooseLocale = async (locale: Locale) => {
  try {
    await setLocale(locale)
    if (session.phase === 'active' && session.account?.locale !== locale) await updateProfile({ locale })
  } catch (error) {
    notifyError(reasonOf(error))
  }
}
