import { z } from 'zod'

export type JsonSchema = { [key: string]: unknown }

/** zod's own JSON Schema, which is the dialect of OpenAPI 3.1, without the `$schema` of a document. */
export const jsonSchemaOf = (schema: z.ZodType, io: 'input' | 'output'): JsonSchema => {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io,
    unrepresentable: 'any',
    reused: 'inline',
  })
  return json
}

type ObjectSchema = { properties: Record<string, JsonSchema>; required: string[] }

const isObject = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null

/** Properties of an input, whatever stands around it (`optional`, refinements); none where it is no object. */
export const propertiesOf = (json: JsonSchema): ObjectSchema => {
  const properties = isObject(json.properties) ? (json.properties as Record<string, JsonSchema>) : {}
  const required = Array.isArray(json.required) ? json.required.filter((name) => typeof name === 'string') : []
  return { properties, required }
}

/** The same object without some of its fields; `null` when nothing is left. */
export const without = (json: JsonSchema, names: readonly string[]): JsonSchema | null => {
  const { properties, required } = propertiesOf(json)
  const left = Object.entries(properties).filter(([name]) => !names.includes(name))
  if (left.length === 0) return null
  const needed = required.filter((name) => !names.includes(name))
  const { required: _all, ...rest } = json
  return { ...rest, properties: Object.fromEntries(left), ...(needed.length > 0 && { required: needed }) }
}
