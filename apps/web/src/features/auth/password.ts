/** In code points, as the server counts; the server's own setting decides. */
export const PASSWORD_MIN_LENGTH = 12

/** What the server may say about a new password, whatever the field is called. */
export const PASSWORD_REASONS = [
  'password.too_short',
  'password.too_long',
  'password.common',
  'password.contextual',
  'password.predictable',
  'password.unchanged',
] as const

export const passwordReasonsFor = <Field extends string>(field: Field) =>
  Object.fromEntries(PASSWORD_REASONS.map((reason) => [reason, field])) as Record<
    (typeof PASSWORD_REASONS)[number],
    Field
  >
