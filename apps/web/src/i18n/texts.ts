import type { en } from './locales/en.ts'
import type { enAccount } from './locales/en-account.ts'
import type { enStaff } from './locales/en-staff.ts'

/** What every page may say. */
export type Texts = typeof en
/** What the pages of the staff say besides: residents do not wait for it. */
export type StaffTexts = typeof enStaff
/** What the pages say on which people sign in and look after their account. */
export type AccountTexts = typeof enAccount

type Leaves<T> = { [K in keyof T & string]: T[K] extends string ? K : `${K}.${Leaves<T[K]>}` }[keyof T & string]

/** Address of one text, e.g. `auth.signIn.title`. */
export type TextKey = Leaves<Texts & StaffTexts & AccountTexts>

/** The same keys as `T` in another language. */
export type Translated<T> = { [K in keyof T]: T[K] extends string ? string : Translated<T[K]> }
