import { computed, ref } from 'vue'
import type { RouteLocationRaw } from 'vue-router'

export type Column<Row> = {
  /** Name of the slot `cell-<key>` and of the remembered choice. */
  key: string
  label: string
  /** Text of the cell where no slot is given. */
  text?: (row: Row) => string
  /** `end` for figures. */
  align?: 'start' | 'end'
  /** Value of the sort parameter; missing where the column cannot be sorted. */
  sort?: string
  /** Makes the cell the link of its row; the first column usually. */
  to?: (row: Row) => RouteLocationRaw
  /** Shown in the card that a row becomes on a phone. */
  inCard?: boolean
  /** Says it there: where the head of the table is gone, a number alone says nothing. */
  cardText?: (row: Row) => string
  /** Can be hidden by the person; `off` starts hidden. */
  optional?: boolean | 'off'
  /** Left out where the window is narrow. */
  isWide?: boolean
  /** CSS width; the rest is shared. */
  width?: string
}

/** Which columns a person wants to see; remembered in this browser. */
export const useColumnChoice = <Row>(table: string, columns: () => readonly Column<Row>[]) => {
  const key = `servai.columns.${table}`
  const stored = localStorage.getItem(key)
  const hidden = ref(
    new Set(
      stored === null
        ? columns().flatMap((column) => (column.optional === 'off' ? [column.key] : []))
        : stored.split(',').filter(Boolean),
    ),
  )
  const toggle = (column: string) => {
    if (!hidden.value.delete(column)) hidden.value.add(column)
    localStorage.setItem(key, [...hidden.value].join(','))
  }
  return {
    visible: computed(() => columns().filter((column) => !column.optional || !hidden.value.has(column.key))),
    choices: computed(() =>
      columns().flatMap((column) =>
        column.optional ? [{ key: column.key, label: column.label, isShown: !hidden.value.has(column.key) }] : [],
      ),
    ),
    toggle,
  }
}
