import { isUtf8 } from 'node:buffer'
import { DomainError } from '@servai/api/errors'

const MAX_DEPTH = 32
const MAX_ITEMS = 1_000
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

const malformed = () => new DomainError('invalid', 'request.malformed')

/** U+0000 cannot be stored in PostgreSQL, half a surrogate pair not be written as UTF-8. */
const isStorable = (text: string) => !text.includes('\0') && text.isWellFormed()

const inspect = (value: unknown, depth: number): void => {
  if (typeof value === 'string') {
    if (!isStorable(value)) throw malformed()
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw malformed()
  } else if (typeof value === 'object' && value !== null) {
    if (depth === MAX_DEPTH) throw malformed()
    if (Array.isArray(value)) {
      if (value.length > MAX_ITEMS) throw malformed()
      for (const item of value) inspect(item, depth + 1)
    } else {
      for (const [key, item] of Object.entries(value)) {
        if (FORBIDDEN_KEYS.has(key) || !isStorable(key)) throw malformed()
        inspect(item, depth + 1)
      }
    }
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g

/** For a text that JSON.parse has accepted. */
const hasDuplicateKey = (text: string): boolean => {
  const objects: Set<string>[] = []
  let last = ''
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') objects.push(new Set())
    else if (token === '}' || token === ']') objects.pop()
    else if (token === ':') {
      const keys = objects.at(-1)
      const key = last.includes('\\') ? String(JSON.parse(last)) : last.slice(1, -1)
      if (keys?.has(key)) return true
      keys?.add(key)
    }
    last = token
  }
  return false
}

/**
 * JSON as every part of servAI can hold it: at most 32 levels and 1,000 items an array, each key once, no key that
 * reaches a prototype, text that can be stored, numbers that are finite.
 *
 * @throws invalid request.malformed
 */
export const parseJson = (text: string): unknown => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw malformed()
  }
  inspect(value, 0)
  if (hasDuplicateKey(text)) throw malformed()
  return value
}

/** @throws invalid request.malformed where the bytes are no UTF-8 */
export const decodeUtf8 = (bytes: Buffer): string => {
  if (!isUtf8(bytes)) throw malformed()
  return bytes.toString('utf8')
}

const decode = (text: string): string => {
  let decoded: string
  try {
    decoded = decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw malformed()
  }
  if (!isStorable(decoded)) throw malformed()
  return decoded
}

/** @throws invalid request.malformed */
export const decodePathSegment = (segment: string): string => decode(segment.replaceAll('+', '%2B'))

/**
 * The parameters of a query string in their order, decoded strictly.
 *
 * @throws invalid request.malformed
 */
export const parseQuery = (query: string): [name: string, value: string][] => {
  if (!query) return []
  return query.split('&').flatMap((part) => {
    if (!part) return []
    const at = part.indexOf('=')
    return [at < 0 ? [decode(part), ''] : [decode(part.slice(0, at)), decode(part.slice(at + 1))]] as [string, string][]
  })
}
