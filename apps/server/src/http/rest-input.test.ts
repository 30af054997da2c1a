import { resetInput } from '@servai/contract/reset'
import { describe, expect, it } from 'vitest'
import { inOurSpelling } from './rest-input.ts'

const spelled = (body: Record<string, unknown>) =>
  Object.fromEntries(inOurSpelling(new Map(Object.entries(body)), resetInput))

describe('a field of a body', () => {
  it('may be spelled as the first description of the API spells it', () => {
    expect(spelled({ token: 't', new_password: 'p' })).toEqual({ token: 't', newPassword: 'p' })
  })

  it('may not come in both spellings', () => {
    for (const body of [
      { newPassword: 'a', new_password: 'b' },
      { new_password: 'b', newPassword: 'a' },
    ])
      expect(() => spelled(body)).toThrow(expect.objectContaining({ reason: 'request.invalid' }))
  })

  it('keeps a name that is no field of ours, for the schema to refuse', () => {
    expect(spelled({ is_admin: true, __proto___x: 1 })).toEqual({ is_admin: true, __proto___x: 1 })
  })
})
