import { DomainError } from '@servai/api/errors'
import { z } from 'zod'

type Kind = 'number' | 'boolean' | 'array' | 'text'

const NUMBER = /^-?\d+(\.\d+)?$/

/** What a schema takes once everything that is not about its kind is taken off. */
const bare = (schema: z.core.$ZodType): z.core.$ZodType => {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodReadonly
  )
    return bare(schema.unwrap())
  return schema instanceof z.ZodPipe ? bare(schema.in) : schema
}

const kindOf = (schema: z.core.$ZodType): Kind => {
  const base = bare(schema)
  if (base instanceof z.ZodNumber) return 'number'
  if (base instanceof z.ZodBoolean) return 'boolean'
  return base instanceof z.ZodArray ? 'array' : 'text'
}

const coerce = (text: string, kind: Kind): unknown => {
  if (kind === 'number' && NUMBER.test(text)) return Number(text)
  if (kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  // What does not look like its kind stays text, and the schema says what is wrong with it.
  return text
}

/** Fields of an input schema, or none where it is no object. */
export const fieldsOf = (schema: z.ZodType | undefined): Record<string, z.core.$ZodType> => {
  const base = schema && bare(schema)
  return base instanceof z.ZodObject ? base.shape : {}
}

const givenTwice = (name: string) =>
  new DomainError('invalid', 'request.invalid', { issues: [{ path: [name], code: 'given_twice' }] })

/** Turns the texts of a path or a query string into the values an input schema asks for. */
export const createTextReader = (schema: z.ZodType | undefined) => {
  const fields = Object.entries(fieldsOf(schema))
  const kinds = new Map(fields.map(([name, field]) => [name, kindOf(field)]))
  const itemKinds = new Map(
    fields.flatMap(([name, field]) => {
      const base = bare(field)
      return base instanceof z.ZodArray ? [[name, kindOf(base.element)]] : []
    }),
  )
  /** @throws invalid request.invalid for a parameter that comes twice and is no list */
  return (parameters: readonly [name: string, text: string][]): Map<string, unknown> => {
    const input = new Map<string, unknown>()
    for (const [name, text] of parameters) {
      const kind = kinds.get(name) ?? 'text'
      const previous = input.get(name)
      if (kind === 'array') {
        const item = coerce(text, itemKinds.get(name) ?? 'text')
        input.set(name, Array.isArray(previous) ? [...(previous as unknown[]), item] : [item])
      } else if (previous === undefined) input.set(name, coerce(text, kind))
      else throw givenTwice(name)
    }
    return input
  }
}

const camelCase = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/**
 * `new_password` is taken for the field `newPassword`: the first description of the API spells its fields so.
 *
 * @throws invalid request.invalid where a field comes in both spellings
 */
export const inOurSpelling = (body: ReadonlyMap<string, unknown>, schema: z.ZodType | undefined) => {
  const fields = fieldsOf(schema)
  const spelled = new Map<string, unknown>()
  for (const [name, value] of body) {
    const ours = Object.hasOwn(fields, name) || !Object.hasOwn(fields, camelCase(name)) ? name : camelCase(name)
    if (spelled.has(ours)) throw givenTwice(ours)
    spelled.set(ours, value)
  }
  return spelled
}

/**
 * One input from the places REST spreads it over. No field may come from two of them: nothing is ever checked against
 * one value and done to the other.
 *
 * @throws invalid request.invalid
 */
export const mergeInput = (...places: ReadonlyMap<string, unknown>[]) => {
  const input = new Map<string, unknown>()
  for (const place of places)
    for (const [name, value] of place) {
      if (input.has(name)) throw givenTwice(name)
      input.set(name, value)
    }
  return Object.fromEntries(input)
}
