import type { Principal } from '@servai/db/principal'
import { describe, expect, it } from 'vitest'
import { actorOf, contextsOf } from './actor.ts'

const north = {
  id: '019a0000-0000-7000-8000-00000000000a',
  name: 'North',
  currency: 'EUR',
  timezone: 'Europe/Sofia',
  status: 'active' as const,
  asksSecondFactor: true,
}
const south = {
  id: '019a0000-0000-7000-8000-00000000000b',
  name: 'South',
  currency: 'EUR',
  timezone: 'Europe/Sofia',
  status: 'active' as const,
  asksSecondFactor: true,
}

const person = (rights: Partial<Principal>): Principal => ({
  sessionId: 's',
  userId: 'u',
  revoked: false,
  expiresAtMs: 0,
  active: true,
  tokenVersion: 1,
  authenticatedAtMs: 0,
  hasSecondFactor: true,
  secondFactorProved: true,
  platformAsksSecondFactor: true,
  apiKey: null,
  impersonation: null,
  email: 'a@b.test',
  firstName: 'A',
  lastName: 'B',
  locale: 'en',
  emailVerified: true,
  grants: [],
  homes: [],
  companies: [],
  ...rights,
})

const busy = person({
  grants: [
    { role: 'director', companyId: north.id, complexId: null },
    { role: 'complex_manager', companyId: south.id, complexId: 'x1' },
    { role: 'complex_manager', companyId: south.id, complexId: 'x2' },
    { role: 'guard', companyId: south.id, complexId: 'x3' },
    { role: 'platform_accountant', companyId: null, complexId: null },
  ],
  homes: [{ companyId: south.id, unitId: 'u1' }],
  companies: [north, south],
})

describe('the contexts of a person', () => {
  it('are all capacities in all companies, and nothing else', () => {
    expect(contextsOf(busy).map(({ key, roles }) => [key, roles])).toEqual([
      ['platform', ['platform_accountant']],
      [`staff:${north.id}`, ['director']],
      [`staff:${south.id}`, ['complex_manager', 'guard']],
      [`resident:${south.id}`, ['resident']],
    ])
    expect(contextsOf(person({}))).toEqual([])
  })
})

describe('the actor of a request', () => {
  it('carries where each role holds', () => {
    expect(actorOf(busy, `staff:${south.id}`)).toMatchObject({
      companyId: south.id,
      complexes: { complex_manager: ['x1', 'x2'], guard: ['x3'] },
    })
    expect(actorOf(busy, `staff:${north.id}`)).toMatchObject({ complexes: { director: null } })
    expect(actorOf(busy, `resident:${south.id}`)).toMatchObject({ unitIds: ['u1'] })
  })

  it.each([
    `resident:${north.id}`,
    'staff:019a0000-0000-7000-8000-00000000000c',
    'staff',
    'admin',
    '',
    `staff:${north.id}:x`.slice(0, 3),
  ])('is refused for %s, which is not among the contexts of the person', (key) => {
    expect(() => actorOf(busy, key)).toThrow(expect.objectContaining({ reason: 'auth.context_denied' }))
  })

  it('is the only context when none is named, and asked for when there are several', () => {
    const director = person({ grants: busy.grants.slice(0, 1), companies: [north] })
    expect(actorOf(director, null)).toMatchObject({ kind: 'staff', companyId: north.id })
    expect(() => actorOf(busy, null)).toThrow(expect.objectContaining({ reason: 'auth.context_required' }))
    expect(() => actorOf(person({}), null)).toThrow(expect.objectContaining({ reason: 'auth.forbidden' }))
  })

  it('never takes a platform role for a company, nor a company role for the platform', () => {
    const admin = person({ grants: [{ role: 'platform_admin', companyId: null, complexId: null }] })
    expect(() => actorOf(admin, `staff:${north.id}`)).toThrow(
      expect.objectContaining({ reason: 'auth.context_denied' }),
    )
    expect(() => actorOf(admin, 'platform:anything')).toThrow(
      expect.objectContaining({ reason: 'auth.context_denied' }),
    )
    const director = person({ grants: busy.grants.slice(0, 1), companies: [north] })
    expect(() => actorOf(director, 'platform')).toThrow(expect.objectContaining({ reason: 'auth.context_denied' }))
  })
})
