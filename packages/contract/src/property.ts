import { COMPANY_STATUSES, RESIDENCY_KINDS, UNIT_TYPES, VERIFIED_LEVELS } from '@servai/db/schema/enums'
import { z } from 'zod'
import { email } from './auth.ts'
import { compact, isBic, isIban, isVatNumber } from './company-numbers.ts'
import { bulk, day, decimal, id, line, optionalLine, page, pageInput, properName, timezone, version } from './fields.ts'
import { LOCALES } from './locales.ts'
import { foundersInput } from './staff.ts'

export { COMPANY_STATUSES, RESIDENCY_KINDS, UNIT_TYPES, VERIFIED_LEVELS }

export const ROW_ACTIONS = ['update', 'remove', 'restore', 'import'] as const
export type RowAction = (typeof ROW_ACTIONS)[number]

export const row = {
  id,
  version,
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  removedAt: z.iso.datetime().nullable(),
  /** What the caller may do with this row; the server honours exactly these. */
  allowed: z.array(z.enum(ROW_ACTIONS)),
}
export const target = { id, version }
export const sort = <const Sorts extends readonly [string, ...string[]]>(sorts: Sorts) => ({
  sort: z.enum(sorts).default(sorts[0] as never),
  order: z.enum(['asc', 'desc']).default('asc'),
})

/** An exact part of a whole, e.g. 1/3. */
export const share = z
  .strictObject({ numerator: z.int().min(1).max(1e12), denominator: z.int().min(1).max(1e12) })
  .refine(({ numerator, denominator }) => numerator <= denominator, { params: { code: 'share_above_whole' } })
export type Share = z.infer<typeof share>

/** Written in groups by people, kept without what is between them. */
const code = (isOne: (text: string) => boolean, name: string) =>
  z
    .string()
    .max(60)
    .transform(compact)
    .refine(isOne, { params: { code: name } })
    .nullable()

const companyFields = {
  name: properName(200),
  legalName: line(200),
  registrationNumber: line(40),
  /** Held to the form of its country, which is known beside the country only. */
  vatNumber: line(40).transform(compact).nullable(),
  country: z.string().regex(/^[A-Z]{2}$/),
  currency: z.string().regex(/^[A-Z]{3}$/),
  locale: z.enum(LOCALES),
  timezone,
  address: optionalLine(300),
  email: email.nullable(),
  phone: line(40).nullable(),
  bankName: optionalLine(120),
  iban: code(isIban, 'iban'),
  bic: code(isBic, 'bic'),
}
const FITS_COUNTRY = { path: ['vatNumber'], params: { code: 'vat_number' } }

export const company = z.strictObject({
  ...row,
  ...companyFields,
  name: z.string(),
  vatNumber: z.string().nullable(),
  email: z.string().nullable(),
  iban: z.string().nullable(),
  bic: z.string().nullable(),
  status: z.enum(COMPANY_STATUSES),
  allowed: z.array(z.enum([...ROW_ACTIONS, 'set_status'])),
})
export const listCompaniesInput = z.strictObject({ ...pageInput, ...sort(['name', 'createdAt']) })
export const createCompanyInput = z
  .strictObject({
    ...companyFields,
    vatNumber: companyFields.vatNumber.default(null),
    address: companyFields.address.default(''),
    email: companyFields.email.default(null),
    phone: companyFields.phone.default(null),
    bankName: companyFields.bankName.default(''),
    iban: companyFields.iban.default(null),
    bic: companyFields.bic.default(null),
    /** Who runs it gets an invite by e-mail. */
    invite: foundersInput.optional(),
  })
  .refine(({ country, vatNumber }) => vatNumber === null || isVatNumber(country, vatNumber), FITS_COUNTRY)
export const updateCompanyInput = z.strictObject({ ...target, ...z.object(companyFields).partial().shape })
/** `grace` warns the company's staff, `blocked` lets them look and change nothing. */
export const setCompanyStatusInput = z.strictObject({
  ...target,
  status: z.enum(COMPANY_STATUSES),
  /** Why, for the audit log. */
  note: optionalLine(300).default(''),
})
export const companyPage = page(company)

const complexFields = { name: properName(200), city: line(100), address: line(300), timezone }
export const complex = z.strictObject({
  ...row,
  ...complexFields,
  name: z.string(),
  buildings: z.int(),
  units: z.int(),
})
export const listComplexesInput = z.strictObject({ ...pageInput, ...sort(['name', 'city', 'createdAt']) })
export const createComplexInput = z.strictObject(complexFields)
export const updateComplexInput = z.strictObject({ ...target, ...z.object(complexFields).partial().shape })
export const complexPage = page(complex)

const buildingFields = {
  name: line(60),
  address: optionalLine(300).default(''),
  floors: z.int().min(1).max(300).nullable().default(null),
}
export const building = z.strictObject({
  ...row,
  complex: z.strictObject({ id, name: z.string() }),
  name: z.string(),
  address: z.string(),
  floors: z.int().nullable(),
  entrances: z.int(),
  units: z.int(),
})
export const listBuildingsInput = z.strictObject({
  ...pageInput,
  complexId: id.optional(),
  ...sort(['name', 'createdAt']),
})
export const createBuildingInput = z.strictObject({ complexId: id, ...buildingFields })
export const updateBuildingInput = z.strictObject({
  ...target,
  name: line(60).optional(),
  address: optionalLine(300).optional(),
  floors: z.int().min(1).max(300).nullable().optional(),
})
export const buildingPage = page(building)

export const entrance = z.strictObject({
  ...row,
  building: z.strictObject({ id, name: z.string() }),
  number: z.string(),
  units: z.int(),
})
export const listEntrancesInput = z.strictObject({
  ...pageInput,
  buildingId: id.optional(),
  ...sort(['number', 'createdAt']),
})
export const createEntranceInput = z.strictObject({ buildingId: id, number: line(20) })
export const updateEntranceInput = z.strictObject({ ...target, number: line(20) })
export const entrancePage = page(entrance)

const unitFields = {
  entranceId: id.nullable().default(null),
  type: z.enum(UNIT_TYPES).default('apartment'),
  /** Decides the general type, whatever `type` says. */
  unitTypeId: id.nullable().default(null),
  number: line(20),
  floor: z.int().min(-20).max(300).nullable().default(null),
  areaM2: decimal(10, 2)
    .refine((value) => Number(value) > 0, { params: { code: 'not_positive' } })
    .nullable()
    .default(null),
  share: share.nullable().default(null),
}
export const unit = z.strictObject({
  ...row,
  complex: z.strictObject({ id, name: z.string() }),
  building: z.strictObject({ id, name: z.string() }),
  entrance: z.strictObject({ id, number: z.string() }).nullable(),
  type: z.enum(UNIT_TYPES),
  /** The company's own name for units of that type. */
  unitType: z.strictObject({ id, name: z.string() }).nullable(),
  number: z.string(),
  floor: z.int().nullable(),
  areaM2: z.string().nullable(),
  share: z.strictObject({ numerator: z.number(), denominator: z.number() }).nullable(),
  /** Residencies that hold today. */
  residents: z.int(),
})
export const listUnitsInput = z.strictObject({
  ...pageInput,
  complexId: id.optional(),
  buildingId: id.optional(),
  entranceId: id.optional(),
  type: z.enum(UNIT_TYPES).optional(),
  unitTypeId: id.optional(),
  ...sort(['number', 'floor', 'areaM2', 'createdAt']),
})
export const createUnitInput = z.strictObject({ buildingId: id, ...unitFields })
const bulkFields = {
  entranceId: id.nullable().optional(),
  /** Another one than the company's own type stands for lets go of that. */
  type: z.enum(UNIT_TYPES).optional(),
  unitTypeId: id.nullable().optional(),
  floor: z.int().min(-20).max(300).nullable().optional(),
}
export const updateUnitInput = z.strictObject({
  ...target,
  ...bulkFields,
  number: line(20).optional(),
  areaM2: unitFields.areaM2.unwrap().optional(),
  share: share.nullable().optional(),
})
/** Undone by the same call with what was there before. */
export const updateUnitsInput = z.strictObject({ items: bulk(z.strictObject({ ...target, ...bulkFields })) })
export const updatedRows = z.strictObject({ items: z.array(z.strictObject({ id, version })) })
export const unitPage = page(unit)

const personFields = {
  firstName: line(100),
  lastName: line(100),
  email: z.email().max(254).nullable().default(null),
  phone: line(40).nullable().default(null),
}
export const residency = z.strictObject({
  ...row,
  unit: z.strictObject({ id, number: z.string(), building: z.string(), complex: z.string(), address: z.string() }),
  person: z.strictObject({
    id,
    firstName: z.string(),
    lastName: z.string(),
    /** NULL where the caller may not see how to reach the person. */
    email: z.string().nullable(),
    phone: z.string().nullable(),
    hasAccount: z.boolean().nullable(),
  }),
  kind: z.enum(RESIDENCY_KINDS),
  share: z.strictObject({ numerator: z.number(), denominator: z.number() }).nullable(),
  /** A resident sees of the others in the home their name and kind: all below is NULL then. */
  startsOn: z.string().nullable(),
  endsOn: z.string().nullable(),
  verifiedLevel: z.enum(VERIFIED_LEVELS).nullable(),
})
export const listResidenciesInput = z.strictObject({
  ...pageInput,
  unitId: id.optional(),
  personId: id.optional(),
  complexId: id.optional(),
  ...sort(['startsOn', 'createdAt']),
})
export const createResidencyInput = z
  .strictObject({
    unitId: id,
    /** Somebody the company knows already, or the particulars of somebody new. */
    person: z.union([z.strictObject({ id }), z.strictObject(personFields)]),
    kind: z.enum(RESIDENCY_KINDS),
    share: share.nullable().default(null),
    startsOn: day,
    /** First day without access. */
    endsOn: day.nullable().default(null),
  })
  .refine(({ startsOn, endsOn }) => endsOn === null || endsOn > startsOn, {
    path: ['endsOn'],
    params: { code: 'ends_before_start' },
  })
export const updateResidencyInput = z.strictObject({
  ...target,
  kind: z.enum(RESIDENCY_KINDS).optional(),
  share: share.nullable().optional(),
  startsOn: day.optional(),
  endsOn: day.nullable().optional(),
  verifiedLevel: z.enum(VERIFIED_LEVELS).optional(),
})
export const residencyPage = page(residency)

export const overview = z.strictObject({
  complexes: z.int(),
  buildings: z.int(),
  units: z.int(),
  /** People with a residency that holds today. */
  residents: z.int(),
  /** Units with at least one of them. */
  occupiedUnits: z.int(),
})

export type Company = z.infer<typeof company>
export type Complex = z.infer<typeof complex>
export type Building = z.infer<typeof building>
export type Entrance = z.infer<typeof entrance>
export type Unit = z.infer<typeof unit>
export type Residency = z.infer<typeof residency>
export type Overview = z.infer<typeof overview>
