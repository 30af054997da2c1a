import type { z } from 'zod'
import { computed, reactive, ref, shallowRef } from 'vue'
import { reasonOf, type Conflict, type FailureReason } from '../../errors.ts'
import type { IssueTexts } from '../../ui/issues.ts'
import { useForm } from '../../ui/useForm.ts'

export type Side = 'theirs' | 'yours'

export type Difference = {
  field: string
  label: string
  theirs: string
  /** NULL where the person has left the field alone. */
  yours: string | null
}

type Stored = { id: string; version: number }
type Values = Record<string, string>

type Options<Row extends Stored, V extends Values, S extends z.ZodType> = {
  /** Unique on the page; the same name keeps the same draft. */
  name: string
  /** The row to change; missing for a new one. */
  row: Row | undefined
  schema: S
  /** The row as it stands in the fields. */
  toValues: (row: Row) => V
  /** The fields of a new row. */
  empty: V
  toInput: (values: V) => unknown
  /** Missing in a form that only changes rows. */
  create?: (input: z.output<S>) => Promise<Row>
  update: (target: Stored, input: z.output<S>) => Promise<Row>
  onDone: (row: Row) => void | Promise<void>
  labels: Record<keyof V & string, string>
  /** A value in words, where the field holds an id or a word of the contract. */
  inWords?: (field: keyof V & string, value: string) => string
  fieldOf?: Partial<Record<FailureReason, keyof V & string>>
  texts?: Partial<Record<keyof V & string, IssueTexts>>
}

/** A form that makes a row or changes the version of it that the person saw; two who change the same are both heard. */
export const useRowForm = <Row extends Stored, V extends Values, S extends z.ZodType>({
  name,
  row,
  schema,
  toValues,
  empty,
  toInput,
  create,
  update,
  onDone,
  labels,
  inWords = (_, value) => value,
  fieldOf = {},
  texts = {},
}: Options<Row, V, S>) => {
  const base = shallowRef(row)
  const theirs = shallowRef<Row | null>(null)
  const author = shallowRef<Pick<Conflict, 'changedBy' | 'changedAt'> | null>(null)
  const isConflict = ref(false)
  /** Of the fields that differ, whose the person wants to keep. */
  const kept = reactive<Record<string, Side>>({})

  const send = async (input: z.output<S>) => {
    const seen = base.value
    if (!seen) {
      if (!create) throw new Error('Nothing to change and no way to make it')
      return create(input)
    }
    try {
      return await update({ id: seen.id, version: seen.version }, input)
    } catch (error) {
      const { reason, conflict } = reasonOf(error)
      if (reason === 'property.version_conflict' && conflict) {
        // The row as the server just sent it is of the type that reading it would answer.
        theirs.value = conflict.current as Row
        author.value = conflict
        for (const field of fields) kept[field] = isMine(field) ? 'yours' : 'theirs'
        isConflict.value = true
      }
      throw error
    }
  }

  const initial = row ? toValues(row) : empty
  // Object.keys forgets the key type of `initial`.
  const fields = Object.keys(initial) as (keyof V & string)[]
  const form = useForm({
    // A draft belongs to the version it was made of.
    name: row ? `${name}-${row.id}-${row.version}` : name,
    schema,
    initial,
    toInput,
    send,
    onDone,
    fieldOf,
    texts,
    draft: fields,
  })

  /** Whether the person has changed it since the row was opened. */
  const isMine = (field: keyof V & string) =>
    base.value !== undefined && form.values[field] !== toValues(base.value)[field]

  const settle = (values: V) => {
    base.value = theirs.value ?? base.value
    theirs.value = null
    isConflict.value = false
    form.reset(values)
  }

  const combine = () => {
    if (!theirs.value) return
    const combined = toValues(theirs.value)
    for (const field of fields) if (kept[field] === 'yours') combined[field] = form.values[field]
    settle(combined)
  }

  return {
    form,
    conflict: {
      isOpen: isConflict,
      author,
      kept,
      choose: (field: string, side: Side) => {
        kept[field] = side
      },
      differences: computed((): Difference[] => {
        if (!theirs.value) return []
        const stored = toValues(theirs.value)
        return fields.flatMap((field) =>
          stored[field] === form.values[field]
            ? []
            : [
                {
                  field,
                  label: labels[field],
                  theirs: inWords(field, stored[field] ?? ''),
                  // Left alone by the person, so it becomes theirs either way.
                  yours: isMine(field) ? inWords(field, form.values[field] ?? '') : null,
                },
              ],
        )
      }),
      takeTheirs: () => {
        if (theirs.value) settle(toValues(theirs.value))
      },
      /** Back to the form, where field by field stands what was chosen, not saved yet. */
      combine,
      /** The same, saved over their version. */
      merge: async () => {
        combine()
        await form.submit()
      },
    },
  }
}
