import type { en } from './locales/en.ts'

export type Texts = typeof en

type Leaves<T> = { [K in keyof T & string]: T[K] extends string ? K : `${K}.${Leaves<T[K]>}` }[keyof T & string]

/** Address of one text, e.g. `auth.signIn.title`. */
export type TextKey = Leaves<Texts>

/** The same keys as `T` in another language. */
export type Translated<T> = { [K in keyof T]: T[K] extends string ? string : Translated<T[K]> }
