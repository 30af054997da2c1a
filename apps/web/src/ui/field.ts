/** What every field takes; `useForm().bind('name')` gives all but the words. */
export type FieldProps = {
  /** Also the id of the control, which the summary of problems leads to. */
  id: string
  label: string
  help?: string | undefined
  /** Says what to do about it. */
  error?: string | undefined
  /** Marks the field as one that may stay empty. */
  optional?: boolean | undefined
}

/** Ids of the texts that belong to a control, for `aria-describedby`. */
export const describedBy = ({ id, help, error }: Pick<FieldProps, 'id' | 'help' | 'error'>) =>
  [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(' ') || undefined
