import { computed, onScopeDispose, shallowRef, toValue, watchEffect, type MaybeRefOrGetter } from 'vue'
import { t } from './i18n/i18n.ts'
import { router } from './router.ts'

const ofPage = shallowRef<{ title: MaybeRefOrGetter<string | undefined> } | null>(null)

/** Name of the page that is open: its own, else the one of its route. */
export const pageTitle = computed(() => {
  const { title } = router.currentRoute.value.meta
  return toValue(ofPage.value?.title) || (title ? t(title) : '')
})

/** For a page whose name comes with its data. */
export const usePageTitle = (title: MaybeRefOrGetter<string | undefined>) => {
  const mine = { title }
  ofPage.value = mine
  onScopeDispose(() => {
    if (ofPage.value === mine) ofPage.value = null
  })
}

export const startTitle = () =>
  watchEffect(() => {
    document.title = pageTitle.value ? `${pageTitle.value} · servAI` : 'servAI'
  })
