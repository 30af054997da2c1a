import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { id, idInput } from './fields.ts'
import {
  company,
  complex,
  createCompanyInput,
  createComplexInput,
  updateCompanyInput,
  updateComplexInput,
} from './property.ts'

const ID = '0199a5a0-0000-7000-8000-00000000abcd'

describe('an id', () => {
  it('is the same in capital letters, as it is to PostgreSQL', () => {
    expect(id.parse(ID.toUpperCase())).toBe(ID)
    expect(idInput.parse({ id: ID.toUpperCase() })).toEqual({ id: ID })
  })

  it.each(['', '*', ID.replaceAll('-', ''), `{${ID}}`, `${ID} `, ID.slice(1)])('is not %j', (text) => {
    expect(id.safeParse(text).success).toBe(false)
  })

  it('is described as a UUID', () => {
    for (const io of ['input', 'output'] as const)
      expect(z.toJSONSchema(id, { io })).toMatchObject({ type: 'string', format: 'uuid' })
  })
})

describe('the name of a company or a complex', () => {
  const INPUTS = [createCompanyInput, createComplexInput, updateCompanyInput, updateComplexInput]
  const named = (name: string) =>
    INPUTS.map((input) => !input.safeParse({ name }).error?.issues.some(({ path }) => path[0] === 'name'))

  it.each(['Дом.bg ООД', 'ж.к. Чайка, бл. 5', 'A/B: C & Co. (№ 1)'])('may be %j', (name) => {
    expect(named(name)).toEqual([true, true, true, true])
  })

  it.each(['Pay at https://evil.example', 'See WWW.evil.example', 'a\u202eb', 'a\u2028b', 'a\nb'])(
    'is not %j',
    (name) => {
      expect(named(name)).toEqual([false, false, false, false])
    },
  )

  it('from before is shown all the same', () => {
    for (const { shape } of [company, complex]) expect(shape.name.parse('www.old.example')).toBe('www.old.example')
  })
})
