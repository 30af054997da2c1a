import type { Context } from '@servai/contract/roles'
import { t } from '../i18n/i18n.ts'
import * as icons from '../ui/icons.ts'

export const contextName = ({ company }: Context) => company?.name ?? t('shell.platform')

export const rolesText = ({ roles }: Context) => roles.map((role) => t(`shell.roles.${role}`)).join(', ')

export const contextIcon = ({ kind }: Context) =>
  kind === 'resident' ? icons.home : kind === 'staff' ? icons.company : icons.settings

/** How the company stands with the platform, where that is worth a word to its staff. */
export const standingText = ({ kind, company }: Context) =>
  kind === 'staff' && company && company.status !== 'active' ? t(`companies.status.${company.status}`) : ''
