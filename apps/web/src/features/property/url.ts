const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** What a hand-written address may hold instead of one of the words is taken for the first of them. */
export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words, value: string): Words[number] =>
  words.find((word) => word === value) ?? words[0]

export const wordOrNone = <const Words extends readonly string[]>(
  words: Words,
  value: string,
): Words[number] | undefined => words.find((word) => word === value)

export const idOrNone = (value: unknown): string | undefined =>
  typeof value === 'string' && ID.test(value) ? value : undefined
