import { and, eq, getTableColumns, isNull, or, sql, type SQL } from 'drizzle-orm'
import type { z } from 'zod'
import { isVatNumber } from '@servai/contract/company-numbers'
import type {
  company,
  createCompanyInput,
  listCompaniesInput,
  setCompanyStatusInput,
  updateCompanyInput,
} from '@servai/contract/property'
import type { CompanyDb, SystemDb } from '@servai/db'
import { companies } from '@servai/db/schema/companies'
import { complexes } from '@servai/db/schema/complexes'
import { roleGrants } from '@servai/db/schema/grants'
import type { Actor } from '../../actor.ts'
import { audit } from '../../audit.ts'
import type { RequestContext } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { stampsOf } from '../../instant.ts'
import { contains, keyOfRow, keysOfPage, orderOfPage, startOf, type Sort } from '../../keyset.ts'
import { toPage } from '../../page.ts'
import { inviteFounders } from '../../staff/invites/service.ts'
import { requireVersion } from '../conflict/service.ts'
import { fieldsSent, requireNoChildren, requireRight } from '../policy.ts'
import { allowedActions, listedFor, mayFound, mayRegister, mayUpdate, visibleTo } from './policy.ts'

type Output = z.input<typeof company>

/** Inside one company, or, for the platform, across all of them. */
type CompaniesCtx = Pick<RequestContext, 'services' | 'requestId'> & {
  address?: string
  db: CompanyDb | SystemDb
  actor: Actor
  now: () => Date
}

const SORTS = {
  name: { by: companies.name, type: 'text' },
  createdAt: null,
} as const satisfies Record<string, Sort>

const { deletedBy: _deletedBy, ...columns } = getTableColumns(companies)

const selectRows = (db: CompanyDb | SystemDb, keys: SQL) =>
  db
    .select(columns)
    .from(companies)
    .innerJoin(sql`(${keys}) page`, sql`page.id = ${companies.id}`)

type Row = Awaited<ReturnType<typeof selectRows>>[number]

const present = ({ actor }: CompaniesCtx, row: Row): Output => {
  const { deletedAt: _deletedAt, locale, ...shown } = row
  // Written through the contract only, which knows the same locales.
  return { ...shown, ...stampsOf(row), locale: locale as Output['locale'], allowed: allowedActions(actor, row) }
}

export const listCompanies = async (ctx: CompaniesCtx, input: z.output<typeof listCompaniesInput>) => {
  const sort = SORTS[input.sort]
  const keys = keysOfPage(companies, {
    where: and(
      listedFor(ctx.actor, input.includeRemoved),
      input.q
        ? or(
            contains(companies.name, input.q),
            contains(companies.legalName, input.q),
            contains(companies.registrationNumber, input.q),
          )
        : undefined,
    ),
    sort,
    order: input.order,
    start: startOf(input.cursor, sort),
    limit: input.limit + 1,
  })
  const rows = await selectRows(ctx.db, keys).orderBy(orderOfPage(sort, input.order))
  const { items, nextCursor } = toPage(rows, input.limit, (row) => sort && row.name)
  return { items: items.map((row) => present(ctx, row)), nextCursor }
}

/** @throws not_found property.company_not_found */
export const getCompany = async (ctx: CompaniesCtx, { id }: { id: string }) => {
  const [row] = await selectRows(ctx.db, keyOfRow(companies, id, visibleTo(ctx.actor)))
  if (!row) throw new DomainError('not_found', 'property.company_not_found')
  return present(ctx, row)
}

/** @throws forbidden auth.forbidden, conflict property.registration_taken */
export const createCompany = async (
  ctx: CompaniesCtx,
  { invite, ...particulars }: z.output<typeof createCompanyInput>,
) => {
  requireRight(mayFound(ctx.actor))
  const [created] = await ctx.db.insert(companies).values(particulars).returning({ id: companies.id })
  const { id } = created!
  // Only the platform, in a transaction of the system role, comes this far.
  if (invite) await inviteFounders({ ...ctx, db: ctx.db as SystemDb }, id, invite)
  return getCompany(ctx, { id })
}

/**
 * What a company may say of itself; its status, country and registration number are the platform's.
 *
 * @throws not_found property.company_not_found, forbidden auth.forbidden,
 *   conflict property.version_conflict, property.registration_taken
 */
export const updateCompany = async (ctx: CompaniesCtx, input: z.output<typeof updateCompanyInput>) => {
  const { id, version, country: _country, registrationNumber: _registrationNumber, ...particulars } = input
  const row = await lockCompany(ctx, id)
  requireRight(mayUpdate(ctx.actor))
  const registration = changed(row, input)
  requireRight(!registration || mayRegister(ctx.actor))
  await requireVersion(ctx, row, version, () => getCompany(ctx, { id }))
  const { vatNumber } = particulars
  if (vatNumber && !isVatNumber(registration?.country ?? row.country, vatNumber))
    throw new DomainError('invalid', 'request.invalid', { issues: [{ path: ['vatNumber'], code: 'vat_number' }] })
  const changes = fieldsSent({ ...particulars, ...registration })
  if (changes) await ctx.db.update(companies).set(changes).where(eq(companies.id, id))
  return getCompany(ctx, { id })
}

type Registration = { country: string; registrationNumber: string }

/** What of it differs from what stands; a form sends the rest along. */
const changed = (row: Registration, sent: Partial<Registration>) =>
  fieldsSent({
    country: sent.country === row.country ? undefined : sent.country,
    registrationNumber: sent.registrationNumber === row.registrationNumber ? undefined : sent.registrationNumber,
  })

/** @throws not_found property.company_not_found, conflict property.version_conflict, property.has_children */
export const removeCompany = async (
  ctx: CompaniesCtx,
  { id, version }: { id: string; version?: number | undefined },
) => {
  requireRight(mayFound(ctx.actor))
  await requireVersion(ctx, await lockCompany(ctx, id), version, () => getCompany(ctx, { id }))
  const isOpen = and(eq(complexes.companyId, id), isNull(complexes.deletedAt))
  requireNoChildren({ complexes: await ctx.db.$count(complexes, isOpen) })
  await ctx.db.update(companies).set({ deletedAt: ctx.now(), deletedBy: ctx.actor.userId }).where(eq(companies.id, id))
  await suspendStaff(ctx, id)
  return { ok: true as const }
}

/**
 * What the company's staff may do from their next request on: everything, or, when it is blocked, look.
 *
 * @throws forbidden auth.forbidden, not_found property.company_not_found, conflict property.version_conflict
 */
export const setCompanyStatus = async (ctx: CompaniesCtx, input: z.output<typeof setCompanyStatusInput>) => {
  const { id, version, status, note } = input
  requireRight(mayFound(ctx.actor))
  const row = await lockCompany(ctx, id)
  await requireVersion(ctx, row, version, () => getCompany(ctx, { id }))
  if (row.status !== status) {
    await ctx.db.update(companies).set({ status }).where(eq(companies.id, id))
    await audit(ctx, {
      action: 'companies.set_status',
      companyId: id,
      actorId: ctx.actor.userId,
      entity: 'companies',
      entityId: id,
      details: { from: row.status, to: status, note },
    })
    await suspendStaff(ctx, id)
  }
  return getCompany(ctx, { id })
}

/** @throws not_found property.company_not_found, conflict property.registration_taken */
export const restoreCompany = async (ctx: CompaniesCtx, { id }: { id: string }) => {
  requireRight(mayFound(ctx.actor))
  const row = await lockCompany(ctx, id, 'removed')
  if (row.deletedAt) {
    await ctx.db.update(companies).set({ deletedAt: null, deletedBy: null }).where(eq(companies.id, id))
    await suspendStaff(ctx, id)
  }
  return getCompany(ctx, { id })
}

const lockCompany = async ({ db, actor }: CompaniesCtx, id: string, state: 'present' | 'removed' = 'present') => {
  const { version, deletedAt, country, registrationNumber, status } = companies
  const [row] = await db
    .select({ version, deletedAt, country, registrationNumber, status })
    .from(companies)
    .where(and(eq(companies.id, id), visibleTo(actor)))
    .for('no key update')
  if (!row || (state === 'present' && row.deletedAt)) throw new DomainError('not_found', 'property.company_not_found')
  return row
}

/** The rights of everybody who works for the company are others from the next request on. */
const suspendStaff = async ({ db, services }: CompaniesCtx, companyId: string) => {
  const grants = await db
    .selectDistinct({ userId: roleGrants.userId })
    .from(roleGrants)
    .where(eq(roleGrants.companyId, companyId))
  for (const { userId } of grants) await services.principals.suspend(userId)
}
