import { computed, ref, watch } from 'vue'
import { useRouter } from 'vue-router'
import { t } from '../../i18n/i18n.ts'
import * as icons from '../../ui/icons.ts'
import { useCommands, type Command } from './commands.ts'
import { useSearch, type SearchGroup, type SearchHit } from './queries.ts'
import { useRecent, type Recent } from './recent.ts'
import { matches } from './words.ts'

export type Entry = Command & { recent?: Recent }
export type EntryGroup = { key: string; label: string; entries: Entry[]; hasMore?: boolean }

const PAUSE_MS = 120

const ICONS: Record<SearchGroup['kind'], string> = {
  units: icons.unit,
  people: icons.person,
  complexes: icons.complex,
  buildings: icons.building,
  invites: icons.invite,
  staff: icons.staff,
  companies: icons.company,
}

const PAGES: Record<SearchHit['target']['kind'], string> = {
  unit: 'unit',
  person: 'person',
  complex: 'complex',
  building: 'building',
  member: 'staff-member',
  company: 'company',
}

const entryOf = (
  kind: SearchGroup['kind'],
  { id, label, place, target }: Omit<Recent, 'kind'>,
  contact?: string | null,
): Entry => ({
  id: `${kind}-${id}`,
  label: kind === 'invites' ? t('search.invite', { number: label }) : label,
  note: [place, contact].filter(Boolean).join(' · ') || null,
  icon: ICONS[kind],
  to: { name: PAGES[target.kind], params: { id: target.id } },
  recent: { kind, id, label, place, target },
})

/** What the command bar offers for the words typed, and which of it is marked. */
export const useCommandBar = (close: () => void, showShortcuts: () => void) => {
  const router = useRouter()
  const typed = ref('')
  const asked = ref('')
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(typed, (value) => {
    clearTimeout(timer)
    const words = value.trim().slice(0, 100)
    if (words === '') asked.value = ''
    else timer = setTimeout(() => (asked.value = words), PAUSE_MS)
  })

  const search = useSearch(asked)
  const recent = useRecent()
  const commands = useCommands(showShortcuts)

  const found = computed((): EntryGroup[] =>
    asked.value === ''
      ? []
      : (search.data?.groups ?? []).map(({ kind, hits, hasMore }) => ({
          key: kind,
          label: t(`search.kinds.${kind}`),
          entries: hits.map((hit) => entryOf(kind, hit, hit.contact)),
          hasMore,
        })),
  )

  const offered = computed((): EntryGroup[] => {
    const words = typed.value.trim()
    const fitting = (list: Command[]) => list.filter(({ label }) => matches(label, words))
    const latest = words === '' ? recent.items.value.map(({ kind, ...hit }) => entryOf(kind, hit)) : []
    return [
      { key: 'recent', label: t('search.recent'), entries: latest },
      ...found.value,
      { key: 'pages', label: t('search.pages'), entries: fitting(commands.pages.value) },
      {
        key: 'actions',
        label: t('search.actions'),
        entries: fitting([...commands.creations.value, ...commands.others.value]),
      },
    ].filter(({ entries }) => entries.length > 0)
  })

  const entries = computed(() => offered.value.flatMap((group) => group.entries))
  const at = ref(0)
  watch(asked, () => (at.value = 0))
  const marked = computed(() => entries.value[Math.min(at.value, entries.value.length - 1)])

  const open = async (entry: Entry | undefined = marked.value) => {
    if (!entry) return
    if (entry.recent) recent.add(entry.recent)
    close()
    if (entry.to) await router.push(entry.to)
    else await entry.run?.()
  }

  const move = (step: number) => {
    const { length } = entries.value
    if (length > 0) at.value = (Math.min(at.value, length - 1) + step + length) % length
  }

  return {
    typed,
    groups: offered,
    entries,
    marked,
    search,
    isNothing: computed(() => asked.value !== '' && !search.isFetching && !search.error && entries.value.length === 0),
    foundCount: computed(() => found.value.reduce((sum, group) => sum + group.entries.length, 0)),
    mark: (entry: Entry) => (at.value = entries.value.indexOf(entry)),
    markFirst: () => (at.value = 0),
    markLast: () => (at.value = Math.max(0, entries.value.length - 1)),
    move,
    open,
  }
}
