import { describe, expect, it } from 'vitest'
import { decodePathSegment, decodeUtf8, parseJson, parseQuery } from './json.ts'

const malformed = { code: 'invalid', reason: 'request.malformed' }
const refusal = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    return { code: (error as { code: unknown }).code, reason: (error as { reason: unknown }).reason }
  }
  return null
}
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

describe('parseJson', () => {
  it.each([
    ['{"a":[1,-2.5,true,null,"ä 😀"],"b":{"a":1}}'],
    ['"\\u0001"'],
    ['{"a\\"b":1,"a":2}'],
    ['{"a":"{\\"a\\":1,\\"a\\":2}"}'],
    [nested(32)],
    [JSON.stringify(Array.from({ length: 1000 }, () => 0))],
  ])('reads %s', (text) => {
    expect(parseJson(text)).toEqual(JSON.parse(text))
  })

  it.each([
    ['broken syntax', '{"a":'],
    ['nothing', ''],
    ['NaN', '{"a":NaN}'],
    ['a number beyond the finite', '{"a":1e400}'],
    ['U+0000', '{"a":"x\\u0000"}'],
    ['U+0000 in a key', '{"x\\u0000":1}'],
    ['half a surrogate pair', '{"a":"\\ud800"}'],
    ['half a surrogate pair in a key', '{"\\udfff":1}'],
    ['__proto__', '{"a":{"__proto__":{"admin":true}}}'],
    ['an escaped __proto__', '{"__pro\\u0074o__":1}'],
    ['constructor', '[{"constructor":1}]'],
    ['prototype', '{"prototype":1}'],
    ['a key twice', '{"a":1,"a":2}'],
    ['a key twice, once escaped', '{"ab":1,"a\\u0062":2}'],
    ['a key twice deep inside', '{"a":[{"b":{"c":1,"d":2,"c":3}}]}'],
    ['33 levels', nested(33)],
    ['a million levels', nested(1_000_000)],
    ['1,001 items', JSON.stringify(Array.from({ length: 1001 }, () => 0))],
  ])('refuses %s', (_, text) => {
    expect(refusal(() => parseJson(text))).toEqual(malformed)
  })

  it('looks for a repeated key in linear time', () => {
    const text = JSON.stringify({ a: '\\"'.repeat(40_000) })
    const started = performance.now()
    parseJson(text)
    expect(performance.now() - started).toBeLessThan(100)
  })
})

describe('parseQuery', () => {
  it('keeps order and repetition, and reads a plus as a space', () => {
    expect(parseQuery('a=1&b=x+y%2Bz&a=%D1%84&c')).toEqual([
      ['a', '1'],
      ['b', 'x y+z'],
      ['a', 'ф'],
      ['c', ''],
    ])
    expect(parseQuery('')).toEqual([])
  })

  it.each(['a=%ff', 'a=%', 'a=%00', 'a=%ed%a0%80', '%00=1'])('refuses %s', (query) => {
    expect(refusal(() => parseQuery(query))).toEqual(malformed)
  })
})

it('reads a path segment without turning its plus into a space', () => {
  expect(decodePathSegment('a+b%20c')).toBe('a+b c')
  expect(refusal(() => decodePathSegment('%c3'))).toEqual(malformed)
})

it('refuses bytes that are no UTF-8 instead of replacing them', () => {
  expect(decodeUtf8(Buffer.from('ж'))).toBe('ж')
  expect(refusal(() => decodeUtf8(Buffer.from([0x22, 0xff, 0x22])))).toEqual(malformed)
})
