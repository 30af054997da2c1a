import { ROLES } from '@servai/contract/roles'
import { buildBuilding, buildCompany, buildComplex, buildEntrance, buildUnit } from '@servai/db/test/factories'
import type { AnyTRPCProcedure } from '@trpc/server'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { anonymous, as, type Caller } from '../test/callers.ts'
import { appRouter } from './root.ts'
import type { Meta } from './trpc.ts'

type Procedure = { name: string; type: string; meta: Meta; input: z.ZodType | undefined; output: z.ZodType | undefined }

// tRPC types the procedures one by one; here they are walked as what they have in common.
const walked = appRouter._def.procedures as unknown as Record<string, AnyTRPCProcedure>
const procedures = Object.entries(walked).map(([name, { _def }]): Procedure => {
  const { type, meta, inputs, output } = _def as unknown as {
    type: string
    meta: Meta | undefined
    inputs: z.ZodType[]
    output?: z.ZodType
  }
  return { name, type, meta: meta ?? {}, input: inputs[0], output }
})
const each = procedures.map((procedure) => [procedure.name, procedure] as const)

type Json = { [key: string]: Json } & { type?: string; properties?: Json; additionalProperties?: unknown }

/** Every object somewhere in a schema, as JSON Schema has it. */
const objectsOf = (schema: z.ZodType, io: 'input' | 'output') => {
  const found: Json[] = []
  const visit = (node: unknown) => {
    if (typeof node !== 'object' || node === null) return
    if ('type' in node && node.type === 'object') found.push(node as Json)
    for (const child of Object.values(node)) visit(child)
  }
  visit(z.toJSONSchema(schema, { io, unrepresentable: 'any' }))
  return found
}

describe.each(each)('%s', (_name, { type, meta, input, output }) => {
  it('says who may call it, where it is over REST, and what it does', () => {
    const named = ['public', 'session', 'account'] as const
    const { access, rest, summary } = meta
    if (typeof access === 'string') expect(named).toContain(access)
    else {
      expect(access?.length).toBeGreaterThan(0)
      for (const role of access ?? []) expect(ROLES).toContain(role)
    }
    if (rest !== null) expect(rest?.path).toMatch(/^\//)
    if (rest) expect(rest.method === 'GET').toBe(type === 'query')
    expect(summary).toMatch(/^[A-Z].+/)
  })

  it('takes no key it does not know, and answers with nothing but what it declares', () => {
    expect(output).toBeDefined()
    if (type === 'mutation') expect(input).toBeDefined()
    for (const object of [...(input ? objectsOf(input, 'input') : []), ...objectsOf(output!, 'output')])
      expect(object.additionalProperties).toBe(false)
  })
})

it('no two procedures share an address', () => {
  const addresses = procedures.flatMap(({ meta: { rest } }) =>
    rest ? `${rest.method} ${rest.path.replace(/\{\w+\}/g, '{}')}` : [],
  )
  expect(new Set(addresses).size).toBe(addresses.length)
})

const call = (caller: Caller, name: string, input: unknown): Promise<unknown> => {
  // The names were read off the same router.
  const target = name.split('.').reduce((at, step) => (at as Record<string, unknown>)[step], caller as unknown)
  return (target as (given: unknown) => Promise<unknown>)(input)
}

const ids = { id: '', complexId: '', buildingId: '', entranceId: '', unitId: '', personId: '' }

const INVITING: Record<string, (of: typeof ids) => unknown> = {
  'property.invites.create': ({ unitId }) => ({ unitId, kind: 'family' }),
  'property.invites.adopt': ({ unitId }) => ({ items: [{ id: unitId }] }),
  'property.invites.plan': ({ complexId }) => ({ complexId }),
  'property.invites.bulkCreate': ({ complexId }) => ({ complexId, kind: 'owner' }),
  'property.invites.sheet': ({ buildingId }) => ({ buildingId }),
  'property.claims.pending': () => undefined,
  'property.claims.approve': ({ id, unitId }) => ({ id, unitId, kind: 'owner' }),
}

const REGISTRY: Record<string, (of: typeof ids) => unknown> = {
  'property.timeline.list': ({ unitId }) => ({ entity: 'unit', id: unitId }),
  'property.units.grid': ({ complexId }) => ({ complexId }),
  'property.units.updateMany': ({ unitId }) => ({ items: [{ id: unitId, version: 1, floor: 1 }] }),
  'property.units.removeMany': ({ unitId }) => ({ items: [{ id: unitId }] }),
  'property.units.restoreMany': ({ unitId }) => ({ items: [{ id: unitId }] }),
  'property.unitTypes.create': () => ({ name: 'M', type: 'studio' }),
  'property.people.create': () => ({ firstName: 'M', lastName: 'M' }),
  'property.people.merge': ({ personId, unitId }) => ({
    id: personId,
    version: 1,
    source: { id: unitId.replace(/.$/, (last) => (last === '0' ? '1' : '0')), version: 1 },
  }),
  'property.people.erase': ({ personId: id }) => ({ id, version: 1 }),
  'property.people.removeMany': ({ personId }) => ({ items: [{ id: personId }] }),
  'property.people.restoreMany': ({ personId }) => ({ items: [{ id: personId }] }),
}

const OPERATING: Record<string, (of: typeof ids) => unknown> = {
  'platform.limits': () => undefined,
  'audit.list': () => ({}),
}

const API_KEYS: Record<string, (of: typeof ids) => unknown> = {
  'apiKeys.list': () => ({}),
  'apiKeys.offered': () => undefined,
  'apiKeys.create': ({ complexId }) => ({ name: 'M', role: 'guard', complexId }),
}

const WHY = 'Asked for by its owner'
const ACCOUNTS: Record<string, (of: typeof ids) => unknown> = {
  'accounts.list': () => ({}),
  'accounts.disable': ({ id }) => ({ id, reason: WHY }),
  'accounts.factorResets.request': ({ id }) => ({ id, reason: WHY }),
  'accounts.impersonations.start': ({ id }) => ({ id, reason: WHY }),
}

/** Input that passes, with these ids, for every procedure of a company. */
const inputOf = (name: string, of: typeof ids): unknown => {
  const complex = { name: 'Matrix', city: 'Varna', address: 'Morska 1', timezone: 'Europe/Sofia' }
  const company = {
    name: 'M',
    legalName: 'M',
    registrationNumber: 'M',
    country: 'BG',
    currency: 'EUR',
    locale: 'en',
    timezone: 'UTC',
  }
  const [, entity, verb] = name.split('.')
  if (name in REGISTRY) return REGISTRY[name]!(of)
  if (name in OPERATING) return OPERATING[name]!(of)
  if (name in API_KEYS) return API_KEYS[name]!(of)
  if (name in ACCOUNTS) return ACCOUNTS[name]!(of)
  if (verb === 'list') return {}
  if (verb === 'setStatus') return { id: of.id, version: 1, status: 'grace' }
  if (verb === 'offered') return undefined
  if (verb === 'explain' || entity === 'explain') return { userId: of.personId, kind: 'unit', id: of.unitId }
  if (entity === 'grants' && verb === 'create') return { memberId: of.id, role: 'accountant' }
  if (name === 'staff.invites.create')
    return { email: 'matrix@example.test', role: 'guard', complexIds: [of.complexId], locale: 'en' }
  if (entity === 'settings')
    return {
      complexId: of.complexId,
      ...(verb !== 'get' && { key: 'claims.open' }),
      ...(verb === 'set' && { value: true }),
    }
  if (verb === 'get' && entity === 'overview') return undefined
  if (name === 'property.search') return { q: 'matrix' }
  if (name === 'property.exports.create') return { kind: 'complexes', format: 'csv' }
  if (name in INVITING) return INVITING[name]!(of)
  if (name === 'property.imports.map') return { id: of.id, mapping: { building: 0 } }
  if (name === 'property.imports.units')
    return { complexId: of.complexId, rows: [{ building: 'M', number: 'M', areaM2: '1' }] }
  if (verb === 'update') return { id: of.id, version: 1, ...(entity === 'entrances' && { number: 'M' }) }
  if (verb !== 'create') return { id: of.id }
  return {
    companies: company,
    complexes: complex,
    buildings: { complexId: of.complexId, name: 'M' },
    entrances: { buildingId: of.buildingId, number: 'M' },
    units: { buildingId: of.buildingId, number: 'M' },
    residencies: {
      unitId: of.unitId,
      person: { firstName: 'M', lastName: 'M' },
      kind: 'tenant',
      startsOn: '2026-01-01',
    },
  }[entity ?? '']
}

const restricted = each.filter(([, { meta }]) => meta.access !== 'public')
const byRole = each.filter(([, { meta }]) => Array.isArray(meta.access))

describe('without a session', () => {
  it.each(restricted)('%s is closed', async (name) => {
    const input = name.startsWith('property.')
      ? inputOf(name, Object.fromEntries(Object.keys(ids).map((key) => [key, crypto.randomUUID()])) as typeof ids)
      : {}
    await expect(call(anonymous(), name, input)).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  })
})

describe('roles of a company', () => {
  let company: { id: string }
  let foreign: typeof ids
  beforeAll(async () => {
    company = await buildCompany()
    const complex = await buildComplex()
    const building = await buildBuilding({ complex })
    const entrance = await buildEntrance({ building })
    const unit = await buildUnit({ building })
    foreign = {
      id: unit.id,
      complexId: complex.id,
      buildingId: building.id,
      entranceId: entrance.id,
      unitId: unit.id,
      personId: unit.id,
    }
  })

  /** Lists and what stands under no other row: there is nothing in them to be foreign. */
  const isOpen = (name: string) =>
    name !== 'property.timeline.list' &&
    /\.list$|unitTypes\.create$|people\.create$|\.offered$|overview|complexes\.create$|companies\.create$|claims\.pending$|property\.search$|platform\.limits$|exports\.create$/.test(
      name,
    )

  it.each(byRole)(
    '%s: allowed or forbidden as declared, and nothing is found of a stranger',
    async (name, { meta }) => {
      for (const role of ROLES) {
        const isAllowed = (meta.access as readonly string[]).includes(role)
        const outcome = await call(as(company, role), name, inputOf(name, foreign)).then(
          () => 'OK',
          ({ code }: { code: string }) => code,
        )
        const expected = !isAllowed ? ['FORBIDDEN'] : isOpen(name) ? ['OK'] : ['NOT_FOUND']
        // The platform looks into a company and changes nothing there, which its own rule says, after the declaration.
        if (isAllowed && role === 'platform_admin' && name.startsWith('property.companies.')) expected.push('FORBIDDEN')
        // Whatever somebody works as, nobody makes a key for a complex of strangers.
        if (isAllowed && name === 'apiKeys.create') expected.push('FORBIDDEN')
        expect([role, expected.includes(outcome) ? expected : outcome]).toEqual([role, expected])
      }
    },
  )
})
