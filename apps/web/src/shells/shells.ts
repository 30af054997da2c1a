import { markRaw, shallowReactive, type Component } from 'vue'
import type { Shell } from '../features/meta.ts'
import { loadStaffTexts } from '../i18n/i18n.ts'
import { session } from '../session.ts'

type ShellName = Exclude<Shell, 'own'>

const LOADERS: Record<ShellName, () => Promise<{ default: Component }>> = {
  auth: () => import('./AuthShell.vue'),
  staff: async () => {
    const [shell] = await Promise.all([import('./StaffShell.vue'), loadStaffTexts()])
    return shell
  },
  resident: () => import('./ResidentShell.vue'),
}

const loaded = shallowReactive(new Map<ShellName, Component>())

const nameOf = (shell: Shell): ShellName => {
  if (shell !== 'own') return shell
  if (session.phase !== 'active') return 'auth'
  return session.context?.kind === 'staff' || session.context?.kind === 'platform' ? 'staff' : 'resident'
}

export const loadShell = async (shell: Shell | undefined) => {
  const name = nameOf(shell ?? 'own')
  if (!loaded.has(name)) loaded.set(name, markRaw((await LOADERS[name]()).default))
}

/** The frame of a page; loaded before the navigation to it ends. */
export const shellOf = (shell: Shell) => loaded.get(nameOf(shell))
