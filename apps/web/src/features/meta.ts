import type { Role } from '@servai/contract/roles'
import type { Component } from 'vue'
import type { TextKey } from '../i18n/texts.ts'

/** In the order of the staff menu. */
export const MENU_GROUPS = ['today', 'residents', 'buildings', 'money', 'settings'] as const
export type MenuGroup = (typeof MENU_GROUPS)[number]

/** `own`: the shell of whatever the person acts as, for pages that are everybody's. */
export type Shell = 'auth' | 'staff' | 'resident' | 'own'

/** `guest`: only while nobody is signed in. `open`: always. `unverified`: until the address is proven. */
export type Access = 'guest' | 'open' | 'unverified' | 'account'

export type MenuEntry = {
  label: TextKey
  icon: string
  group?: MenuGroup
  /** Stands behind the label: how many wait. */
  mark?: Component
}

declare module 'vue-router' {
  interface RouteMeta {
    shell: Shell
    title: TextKey
    /** `account` where missing. */
    access?: Access
    /** Roles, one of which the active context has to have. Comfort only: the server decides. */
    requires?: readonly Role[]
    /** `company`: shows one company. `platform`: shows what stands above all of them. */
    within?: 'company' | 'platform'
    /** Puts the page into the menu of its shell. */
    menu?: MenuEntry
  }
}
