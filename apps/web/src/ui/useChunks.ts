import { computed, onBeforeUnmount, reactive, type ComponentPublicInstance } from 'vue'

const SIZE = 20
/** Rows are there before they come into view. */
const MARGIN_PX = 1200

/**
 * Cuts the rows of a long list into chunks and tells of each, once it is far out of view, how high it was: a gap of that
 * height stands for it, so that a list of fifty thousand rows costs as much as the part that is looked at.
 */
export const useChunks = <Row>(rows: () => readonly Row[]) => {
  const gaps = reactive(new Map<number, number>())
  const elements = new Map<number, Element>()

  const observer =
    typeof IntersectionObserver === 'undefined'
      ? null
      : new IntersectionObserver(
          (entries) => {
            for (const { target, isIntersecting, boundingClientRect } of entries) {
              const index = Number((target as HTMLElement).dataset['chunk'])
              // What has the focus stays, or the keyboard would lose its place.
              if (isIntersecting) gaps.delete(index)
              else if (boundingClientRect.height > 0 && !target.contains(document.activeElement))
                gaps.set(index, boundingClientRect.height)
            }
          },
          { rootMargin: `${MARGIN_PX}px 0px` },
        )
  onBeforeUnmount(() => observer?.disconnect())

  type Watch = (element: Element | ComponentPublicInstance | null) => void
  const watches = new Map<number, Watch>()
  /** For `:ref` on the element of a chunk, which carries `data-chunk`; the same function each time, or Vue would let go. */
  const watchChunk =
    (index: number): Watch =>
    (element) => {
      const known = elements.get(index)
      if (known === element) return
      if (known) observer?.unobserve(known)
      if (element instanceof Element) {
        elements.set(index, element)
        observer?.observe(element)
      } else {
        elements.delete(index)
        gaps.delete(index)
      }
    }

  const watchOf = (index: number): Watch => {
    const known = watches.get(index) ?? watchChunk(index)
    watches.set(index, known)
    return known
  }

  const chunks = computed(() => {
    const all = rows()
    return Array.from({ length: Math.ceil(all.length / SIZE) }, (_, index) => ({
      index,
      rows: all.slice(index * SIZE, (index + 1) * SIZE),
      gapPx: gaps.get(index),
      watch: watchOf(index),
    }))
  })
  return chunks
}
