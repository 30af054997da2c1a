import { LOCALES } from '@servai/contract/locales'
import { computed } from 'vue'
import { useRouter, type RouteLocationRaw } from 'vue-router'
import { LANGUAGE_NAMES, locale, t } from '../../i18n/i18n.ts'
import { chooseLocale } from '../../locale-choice.ts'
import { session, suits, switchContext } from '../../session.ts'
import { contextIcon, contextName, rolesText } from '../../shells/contexts.ts'
import { setTheme, theme, THEMES } from '../../theme.ts'
import * as icons from '../../ui/icons.ts'
import { MENU_GROUPS } from '../meta.ts'

export type Command = {
  id: string
  label: string
  note: string | null
  icon: string
  to?: RouteLocationRaw
  run?: () => unknown
}

const CREATING = [
  'unit-new',
  'person-new',
  'invite-new',
  'invites-many',
  'staff-invite-new',
  'building-new',
  'complex-new',
  'import',
  'company-new',
]

/** Without an entry of the menu, and worth finding all the same. */
const UNLISTED = [{ name: 'staff-access', icon: icons.explain }]

const THEME_ICONS = { system: icons.theme, light: icons.light, dark: icons.dark }

/** Pages of the active context, and what can be done from anywhere. */
export const useCommands = (showShortcuts: () => void) => {
  const router = useRouter()

  const unlisted = computed(() =>
    UNLISTED.flatMap(({ name, icon }) => {
      const route = router.hasRoute(name) ? router.resolve({ name }) : null
      return route && suits(route.meta)
        ? [
            {
              id: `page-${name}`,
              label: t(route.meta.title),
              note: null,
              icon,
              to: { name },
              place: MENU_GROUPS.length,
            },
          ]
        : []
    }),
  )

  const pages = computed(() =>
    router
      .getRoutes()
      .flatMap(({ name, meta }): (Command & { place: number })[] => {
        if (!meta.menu || !name || (meta.shell !== 'staff' && meta.shell !== 'own') || !suits(meta)) return []
        const place = meta.shell === 'own' ? MENU_GROUPS.length : MENU_GROUPS.indexOf(meta.menu.group ?? 'today')
        return [
          {
            id: `page-${String(name)}`,
            label: t(meta.menu.label),
            note: null,
            icon: meta.menu.icon,
            to: { name },
            place,
          },
        ]
      })
      .toSorted((a, b) => a.place - b.place)
      .concat(unlisted.value),
  )

  const creations = computed(() =>
    CREATING.flatMap((name): Command[] => {
      const route = router.hasRoute(name) ? router.resolve({ name }) : null
      return route && suits(route.meta)
        ? [{ id: `new-${name}`, label: t(route.meta.title), note: null, icon: icons.add, to: { name } }]
        : []
    }),
  )

  const contexts = computed(() =>
    (session.account?.contexts ?? [])
      .filter(({ key }) => key !== session.context?.key)
      .map((context): Command => ({
        id: `context-${context.key}`,
        label: t('search.switchTo', { name: contextName(context) }),
        note: rolesText(context),
        icon: contextIcon(context),
        run: async () => {
          switchContext(context)
          await router.push({ name: 'start' })
        },
      })),
  )

  const looks = computed((): Command[] => [
    ...THEMES.filter((value) => value !== theme.value).map((value) => ({
      id: `theme-${value}`,
      label: t('search.themeTo', { name: t(`shell.themes.${value}`) }),
      note: null,
      icon: THEME_ICONS[value],
      run: () => setTheme(value),
    })),
    ...LOCALES.filter((value) => value !== locale.value).map((value) => ({
      id: `language-${value}`,
      label: t('search.languageTo', { name: LANGUAGE_NAMES[value] }),
      note: null,
      icon: icons.language,
      run: () => chooseLocale(value),
    })),
    { id: 'shortcuts', label: t('search.shortcuts.title'), note: null, icon: icons.keyboard, run: showShortcuts },
  ])

  return { pages, creations, others: computed(() => [...contexts.value, ...looks.value]) }
}
