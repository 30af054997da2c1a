import type { Residency, Unit } from '@servai/contract/property'
import type { Context } from '@servai/contract/roles'
import { useQueries } from '@tanstack/vue-query'
import { computed, reactive, toValue, type MaybeRefOrGetter } from 'vue'
import { api, inContext } from '../../api.ts'
import { session } from '../../session.ts'

/** One unit of the person, with those who live in it today. */
export type Home = {
  /** As which the person acts there. */
  context: string
  unit: Unit
  address: string
  mine: Residency | undefined
  others: Residency[]
}

const PAGE = 100

type Page<Row> = { items: Row[]; nextCursor: string | null }

/** All pages; a resident has few rows. */
const all = async <Row>(fetch: (cursor: string | undefined) => Promise<Page<Row>>) => {
  const rows: Row[] = []
  let cursor: string | undefined
  do {
    const page = await fetch(cursor)
    rows.push(...page.items)
    cursor = page.nextCursor ?? undefined
  } while (cursor)
  return rows
}

const loadHomes = async (contextKey: string, signal: AbortSignal): Promise<Home[]> => {
  const options = inContext(contextKey, signal)
  const [units, residencies] = await Promise.all([
    all((cursor) => api.property.units.list.query({ cursor, limit: PAGE }, options)),
    all((cursor) => api.property.residencies.list.query({ cursor, limit: PAGE }, options)),
  ])
  return units.map((unit) => {
    const here = residencies.filter((residency) => residency.unit.id === unit.id)
    // Only of one's own residency does a resident see since when it holds.
    const mine = here.find(({ startsOn }) => startsOn !== null)
    return {
      context: contextKey,
      unit,
      address: here[0]?.unit.address ?? '',
      mine,
      others: here.filter((other) => other !== mine),
    }
  })
}

/** The homes of the person with every company, each company for itself: one that fails hides none of the others. */
export const useHomes = () => {
  const contexts = computed<Context[]>(() => session.account?.contexts.filter(({ kind }) => kind === 'resident') ?? [])
  const results = useQueries({
    queries: computed(() =>
      contexts.value.map(({ key }) => ({
        queryKey: ['homes', key],
        queryFn: ({ signal }: { signal: AbortSignal }) => loadHomes(key, signal),
      })),
    ),
  })
  return computed(() =>
    contexts.value.flatMap((context, index) => {
      const query = results.value[index]
      return query ? [{ key: context.key, company: context.company?.name ?? '', query }] : []
    }),
  )
}

/** One of them, looked for in all companies. */
export const useHome = (unitId: MaybeRefOrGetter<string>) => {
  const companies = useHomes()
  return reactive({
    data: computed(() =>
      companies.value.flatMap(({ query }) => query.data ?? []).find(({ unit }) => unit.id === toValue(unitId)),
    ),
    isPending: computed(() => companies.value.some(({ query }) => query.isPending)),
    error: computed(() => companies.value.find(({ query }) => query.error)?.query.error ?? null),
    refetch: () => companies.value.forEach(({ query }) => void query.refetch()),
  })
}
