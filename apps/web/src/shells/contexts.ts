import type { Context } from '@servai/contract/roles'
import { t } from '../i18n/i18n.ts'
import * as icons from '../ui/icons.ts'

export const contextName = ({ company }: Context) => company?.name ?? t('shell.platform')

export const rolesText = ({ roles }: Context) => roles.map((role) => t(`shell.roles.${role}`)).join(', ')

export const contextIcon = ({ kind }: Context) =>
  kind === 'resident' ? icons.home : kind === 'staff' ? icons.company : icons.settings
