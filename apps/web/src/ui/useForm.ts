import { computed, reactive, ref, shallowRef, watch } from 'vue'
import type { z } from 'zod'
import type { FailureReason, Failure } from '../errors.ts'
import { reasonOf } from '../errors.ts'
import { t } from '../i18n/i18n.ts'
import type { TextKey } from '../i18n/texts.ts'
import { issueText, serverIssueText, type IssueTexts } from './issues.ts'
import { afterPress } from './press.ts'

type Values = Record<string, unknown>

type Options<V extends Values, S extends z.ZodType, Result> = {
  /** Prefix of the ids of the controls; unique on the page. */
  name: string
  /** The schema that the server checks the same input with. */
  schema: S
  initial: V
  /** Values as typed, made into what the schema takes; as they are where missing. */
  toInput?: (values: V) => unknown
  send: (input: z.output<S>) => Promise<Result>
  onDone?: (result: Result) => void | Promise<void>
  /** Fields of which a reason speaks, e.g. a name that is taken. */
  fieldOf?: Partial<Record<FailureReason, keyof V & string>>
  /** Better words for a reason, where the form knows more than the reason says. */
  reasonTexts?: Partial<Record<FailureReason, TextKey>>
  /** Better words for what is wrong with a field than those for its kind of problem. */
  texts?: Partial<Record<keyof V & string, IssueTexts>>
  /** Fields kept for this tab until they were sent, so that a reload loses nothing. Never a password. */
  draft?: readonly (keyof V & string)[]
}

/** A form: validated when a field is left and when it is sent, and never while somebody types for the first time. */
export const useForm = <V extends Values, S extends z.ZodType, Result>({
  name,
  schema,
  initial,
  toInput = (values) => values,
  send,
  onDone,
  fieldOf = {},
  reasonTexts = {},
  texts = {},
  draft = [],
}: Options<V, S, Result>) => {
  type Field = keyof V & string
  const fields = Object.keys(initial) as Field[]
  const draftKey = `servai.draft.${name}`

  const readDraft = (): Partial<V> => {
    if (draft.length === 0) return {}
    try {
      const kept: unknown = JSON.parse(sessionStorage.getItem(draftKey) ?? '{}')
      return Object.fromEntries(Object.entries(kept as Values).filter(([key]) => draft.includes(key))) as Partial<V>
    } catch {
      return {}
    }
  }

  const values = reactive({ ...initial, ...readDraft() }) as V
  const visited = reactive(new Set<string>())
  const refused = reactive(new Map<string, string>())
  const isSubmitted = ref(false)
  const isSending = ref(false)
  const failure = shallowRef<Failure | null>(null)

  const problems = computed(() => {
    const found = new Map<string, string>()
    const result = schema.safeParse(toInput(values))
    for (const issue of result.error?.issues ?? []) {
      const field = String(issue.path[0] ?? '')
      if (!found.has(field)) found.set(field, issueText(issue, texts[field as Field]))
    }
    return found
  })

  const errorOf = (field: Field): string | undefined =>
    refused.get(field) ?? (isSubmitted.value || visited.has(field) ? problems.value.get(field) : undefined)

  for (const field of fields)
    watch(
      () => values[field],
      () => refused.delete(field),
    )

  if (draft.length > 0)
    watch(values, () => {
      const kept = Object.fromEntries(draft.map((field) => [field, values[field]]))
      sessionStorage.setItem(draftKey, JSON.stringify(kept))
    })

  const idOf = (field: Field) => `${name}-${field}`

  const focusFirstProblem = () => {
    const field = fields.find(errorOf)
    if (field) document.getElementById(idOf(field))?.focus()
  }

  const explain = (error: unknown) => {
    const found = reasonOf(error)
    const field = fieldOf[found.reason]
    if (field) refused.set(field, t(reasonTexts[found.reason] ?? `errors.${found.reason}`))
    for (const issue of found.issues) {
      const at = String(issue.path[0] ?? '')
      if (fields.includes(at as Field) && !refused.has(at))
        refused.set(at, serverIssueText(issue.code, texts[at as Field]))
    }
    failure.value = refused.size > 0 ? null : found
  }

  /** Resolves when the answer is there; problems are shown, never thrown. */
  const submit = async () => {
    if (isSending.value) return
    isSubmitted.value = true
    refused.clear()
    failure.value = null
    const result = schema.safeParse(toInput(values))
    if (!result.success) return
    isSending.value = true
    try {
      const answer = await send(result.data)
      sessionStorage.removeItem(draftKey)
      isSubmitted.value = false
      visited.clear()
      await onDone?.(answer)
    } catch (error) {
      explain(error)
    } finally {
      isSending.value = false
    }
  }

  return {
    name,
    values,
    isSending,
    /** The failure that no field is to blame for. */
    failure,
    /** Fields that need something, in the order of the form. */
    faults: computed(() =>
      isSubmitted.value || refused.size > 0
        ? fields.flatMap((field) => {
            const text = errorOf(field)
            return text ? [{ id: idOf(field), text }] : []
          })
        : [],
    ),
    submit,
    focusFirstProblem,
    /** Everything back to what it was, or to `next`. */
    reset: (next: Partial<V> = {}) => {
      Object.assign(values, initial, next)
      isSubmitted.value = false
      visited.clear()
      refused.clear()
      failure.value = null
    },
    /** For `v-bind` on a field component. */
    bind: <F extends Field>(field: F) => ({
      id: idOf(field),
      error: errorOf(field),
      modelValue: values[field],
      'onUpdate:modelValue': (value: V[F]) => {
        values[field] = value
      },
      onBlur: () => {
        if (values[field] !== initial[field]) afterPress(() => visited.add(field))
      },
    }),
  }
}

export type Form = Pick<
  ReturnType<typeof useForm<Values, z.ZodType, unknown>>,
  'name' | 'isSending' | 'failure' | 'faults' | 'submit'
>
