import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { id, idInput } from './fields.ts'

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
