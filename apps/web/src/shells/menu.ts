import { computed } from 'vue'
import { useRoute, useRouter, type RouteRecordNormalized } from 'vue-router'
import { MENU_GROUPS, type Shell } from '../features/meta.ts'
import { t } from '../i18n/i18n.ts'
import { isContextClosed, suits } from '../session.ts'

/** Whether a page of the menu, or one below it that has no entry of its own, is open. */
export const useIsOpen = () => {
  const route = useRoute()
  const inMenu = useRouter()
    .getRoutes()
    .flatMap(({ path, meta }) => (meta.menu ? [path] : []))
  const covers = (path: string) => route.path === path || route.path.startsWith(`${path}/`)
  return (path: string) => covers(path) && !inMenu.some((other) => other.startsWith(`${path}/`) && covers(other))
}

/** Pages of a shell that are in its menu and open to the active context, in the order of the routes. */
const useEntries = (shell: Shell) => {
  const router = useRouter()
  return computed(() =>
    router.getRoutes().flatMap(({ name, path, meta }: RouteRecordNormalized) =>
      meta.menu && meta.shell === shell && suits(meta) && !(isContextClosed.value && shell === 'staff')
        ? [
            {
              name: String(name),
              path,
              label: t(meta.menu.label),
              icon: meta.menu.icon,
              group: meta.menu.group ?? 'today',
              mark: meta.menu.mark,
            },
          ]
        : [],
    ),
  )
}

export const useResidentMenu = () => {
  const own = useEntries('resident')
  const everybodys = useEntries('own')
  return computed(() => [...own.value, ...everybodys.value])
}

export const useStaffMenu = () => {
  const entries = useEntries('staff')
  return computed(() =>
    MENU_GROUPS.map((group) => ({
      group,
      label: t(`shell.groups.${group}`),
      entries: entries.value.filter((entry) => entry.group === group),
    })).filter((section) => section.entries.length > 0),
  )
}
