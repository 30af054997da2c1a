import { and, desc, eq, gt, isNull, lt, sql, type SQL } from 'drizzle-orm'
import { uuidv7 } from 'uuidv7'
import type { z } from 'zod'
import { newApiKey } from '@servai/auth/api-key'
import {
  API_KEY_OVERLAP_HOURS,
  API_KEYS_AT_ONCE,
  type ApiKey,
  type createApiKeyInput,
  type createdApiKey,
  type listApiKeysInput,
  type OfferedApiKeyRoles,
  type rotateApiKeyInput,
} from '@servai/contract/api-keys'
import type { CompanyDb } from '@servai/db'
import { apiKeys } from '@servai/db/schema/api-keys'
import { complexes } from '@servai/db/schema/complexes'
import { roleGrants } from '@servai/db/schema/grants'
import { users } from '@servai/db/schema/users'
import type { Actor } from '../actor.ts'
import type { Ctx } from '../context.ts'
import { DomainError } from '../errors.ts'
import { emit } from '../events.ts'
import { enforce } from '../limits.ts'
import { decodeCursor, toPage } from '../page.ts'
import { grantHolds, readStaff } from '../staff/grants/service.ts'
import { allowedActions, requireHeld, requireSeesAll, seesAll } from './policy.ts'

type KeyCtx = Ctx & { actor: Actor & { companyId: string } }
type Created = z.input<typeof createdApiKey>

const isLive = and(isNull(apiKeys.revokedAt), gt(apiKeys.expiresAt, sql`now()`), isNull(apiKeys.deletedAt))
const isEnded = sql`not (${isLive}) and ${apiKeys.deletedAt} is null`
// By its name: in a select from one table drizzle writes columns without their table, and `id` would be the inner one's.
const isReplaced = sql<boolean>`exists (select from ${apiKeys} s where s.company_id = api_keys.company_id and s.rotated_from = api_keys.id)`
/** What `loadKeyPrincipal` asks on every call. */
const isPowerful = sql<boolean>`coalesce(${users.status} = 'active' and ${users.emailVerifiedAt} is not null, false) and exists (
  select from ${roleGrants} where ${roleGrants.userId} = ${apiKeys.userId} and ${roleGrants.role} = ${apiKeys.role}
    and ${roleGrants.complexId} is not distinct from ${apiKeys.complexId} and ${grantHolds})`
const state = sql<ApiKey['state']>`case
  when ${apiKeys.revokedAt} is not null then 'revoked' when ${apiKeys.expiresAt} <= now() then 'expired'
  when ${isReplaced} then 'replaced' when not (${isPowerful}) then 'powerless' else 'active' end`

const selectKeys = (db: CompanyDb, where: SQL | undefined) =>
  db
    .select({
      id: apiKeys.id,
      name: apiKeys.name,
      prefix: apiKeys.prefix,
      role: apiKeys.role,
      access: apiKeys.access,
      createdAt: apiKeys.createdAt,
      expiresAt: apiKeys.expiresAt,
      lastUsedAt: apiKeys.lastUsedAt,
      userId: apiKeys.userId,
      owner: sql<string | null>`${users.firstName} || ' ' || ${users.lastName}`,
      complexId: apiKeys.complexId,
      complexName: complexes.name,
      state,
    })
    .from(apiKeys)
    .leftJoin(users, eq(users.id, apiKeys.userId))
    .leftJoin(complexes, eq(complexes.id, apiKeys.complexId))
    .where(where)
    .orderBy(desc(apiKeys.id))

type Row = Awaited<ReturnType<typeof selectKeys>>[number]

const present = (actor: Actor, { userId, owner, complexId, complexName, ...shown }: Row) => ({
  ...shown,
  owner: { userId, name: owner, isYou: userId === actor.userId },
  complex: complexId === null ? null : { id: complexId, name: complexName ?? '' },
  allowed: allowedActions(actor, { userId, state: shown.state }),
})

const ownedBy = ({ userId }: Actor) => eq(apiKeys.userId, userId ?? '')

/** The newest first. @throws forbidden auth.forbidden where somebody but a director asks for all */
export const listApiKeys = async (ctx: KeyCtx, input: z.output<typeof listApiKeysInput>) => {
  const { actor, db } = ctx
  if (input.whose === 'company') requireSeesAll(actor)
  const start = decodeCursor(input.cursor)
  const rows = await selectKeys(
    db,
    and(
      input.state === 'live' ? isLive : isEnded,
      input.whose === 'own' ? ownedBy(actor) : undefined,
      start ? lt(apiKeys.id, start.id) : undefined,
    ),
  ).limit(input.limit + 1)
  const { items, nextCursor } = toPage(rows, input.limit, () => null)
  return { items: items.map((row) => present(actor, row)), nextCursor }
}

/** What the caller holds, hence may let a key hold. */
export const offerApiKeyRoles = async ({ actor, db }: KeyCtx): Promise<OfferedApiKeyRoles> => {
  const rows = await db
    .select({ role: roleGrants.role, complexId: roleGrants.complexId, name: complexes.name })
    .from(roleGrants)
    .leftJoin(complexes, eq(complexes.id, roleGrants.complexId))
    .where(and(eq(roleGrants.userId, actor.userId ?? ''), grantHolds))
    .orderBy(roleGrants.complexId, complexes.name, roleGrants.role)
  return {
    items: rows.map(({ role, complexId, name }) => ({
      // The platform's roles belong to no company, so row-level security shows none of them.
      role: role as OfferedApiKeyRoles['items'][number]['role'],
      complex: complexId === null ? null : { id: complexId, name: name ?? '' },
    })),
  }
}

/**
 * The answer is the only place where the key itself ever is.
 *
 * @throws forbidden api_keys.role_not_held, conflict api_keys.too_many, limited request.rate_limited
 */
export const createApiKey = async (ctx: KeyCtx, input: z.output<typeof createApiKeyInput>): Promise<Created> => {
  await enforce(ctx.services, { api_key_new: ctx.actor.userId ?? '' })
  await holdKeysOf(ctx)
  const [live] = await ctx.db
    .select({ count: sql<number>`count(*)::int` })
    .from(apiKeys)
    .where(and(ownedBy(ctx.actor), isLive, sql`not ${isReplaced}`))
  if ((live?.count ?? 0) >= API_KEYS_AT_ONCE) throw new DomainError('conflict', 'api_keys.too_many')
  return writeKey(ctx, { ...input, rotatedFrom: null })
}

/**
 * A new key in place of one that goes on for a day, or until it is withdrawn.
 *
 * @throws not_found api_keys.not_found, conflict api_keys.not_live, api_keys.already_replaced,
 *   forbidden api_keys.role_not_held, limited request.rate_limited
 */
export const rotateApiKey = async (
  ctx: KeyCtx,
  { id, expiresInDays }: z.output<typeof rotateApiKeyInput>,
): Promise<Created> => {
  await enforce(ctx.services, { api_key_new: ctx.actor.userId ?? '' })
  await holdKeysOf(ctx)
  const [found] = await ctx.db
    .select({
      name: apiKeys.name,
      role: apiKeys.role,
      complexId: apiKeys.complexId,
      access: apiKeys.access,
      isLive: sql<boolean>`${isLive}`,
      isReplaced,
    })
    .from(apiKeys)
    .where(and(eq(apiKeys.id, id), ownedBy(ctx.actor)))
  if (!found) throw new DomainError('not_found', 'api_keys.not_found')
  const { isLive: stillLive, isReplaced: gone, ...same } = found
  if (!stillLive) throw new DomainError('conflict', 'api_keys.not_live')
  if (gone) throw new DomainError('conflict', 'api_keys.already_replaced')
  await ctx.db
    .update(apiKeys)
    .set({ expiresAt: sql`least(${apiKeys.expiresAt}, now() + ${API_KEY_OVERLAP_HOURS} * interval '1 hour')` })
    .where(eq(apiKeys.id, id))
  return writeKey(ctx, { ...same, expiresInDays, rotatedFrom: id })
}

/** The next call with it is refused. Doing it twice is doing it once. @throws not_found api_keys.not_found */
export const revokeApiKey = async ({ actor, db }: KeyCtx, { id }: { id: string }) => {
  const theirs = and(eq(apiKeys.id, id), seesAll(actor) ? undefined : ownedBy(actor))
  const [found] = await db.select({ id: apiKeys.id }).from(apiKeys).where(theirs)
  if (!found) throw new DomainError('not_found', 'api_keys.not_found')
  await db
    .update(apiKeys)
    .set({ revokedAt: sql`now()`, revokedBy: actor.userId })
    .where(and(theirs, isNull(apiKeys.revokedAt)))
  return { ok: true as const }
}

/** One after the other: whoever makes two at once is counted twice, and no key is replaced twice. */
const holdKeysOf = ({ db, actor }: KeyCtx) =>
  db.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`api keys ${actor.userId}`}, 0))`)

type NewKey = z.output<typeof createApiKeyInput> & { rotatedFrom: string | null }

const writeKey = async (ctx: KeyCtx, { expiresInDays, ...values }: NewKey): Promise<Created> => {
  const { db, actor } = ctx
  const { companyId, userId } = actor
  if (userId === null) throw new TypeError('a key acts for a person')
  requireHeld(await readStaff(db, { companyId, userId }), values.role, values.complexId)
  const { key, ...stored } = newApiKey()
  const id = uuidv7()
  await db
    .insert(apiKeys)
    .values({ ...values, ...stored, id, userId, expiresAt: sql`now() + ${expiresInDays} * interval '1 day'` })
  await emit(ctx, 'api_keys.created', { companyId, keyId: id })
  const [row] = await selectKeys(db, eq(apiKeys.id, id))
  return { key, apiKey: present(actor, row!) }
}
