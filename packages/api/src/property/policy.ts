import { isNull, or, sql, type SQL } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { exceedWhole, type Fraction } from '@servai/contract/fraction'
import type { RowAction } from '@servai/contract/property'
import type { Role, StaffRole } from '@servai/contract/roles'
import { SETTINGS, type SettingKey } from '@servai/contract/settings'
import { complexes } from '@servai/db/schema/complexes'
import { people } from '@servai/db/schema/people'
import { residencies } from '@servai/db/schema/residencies'
import { platformSettings, settings } from '@servai/db/schema/settings'
import { units } from '@servai/db/schema/units'
import type { Actor } from '../actor.ts'
import { DomainError } from '../errors.ts'
import { isOneOf } from '../keyset.ts'

/** Who sees where homes are, and who sees the homes and who lives in them. */
const REGISTRY_READERS = ['director', 'accountant', 'complex_manager', 'technician', 'guard'] as const
const HOME_READERS = ['director', 'accountant', 'complex_manager'] as const
const EDITORS = ['director', 'complex_manager'] as const
const OWNERS = ['director'] as const

export const ACCESS = {
  readRegistry: ['platform_admin', ...REGISTRY_READERS, 'resident'],
  readHomes: ['platform_admin', ...HOME_READERS, 'resident'],
  overview: ['platform_admin', ...HOME_READERS],
  edit: EDITORS,
  own: OWNERS,
} as const satisfies Record<string, readonly Role[]>

/** A whole company, or these complexes of it; an empty list is nothing at all. */
export type Scope = 'company' | readonly string[]

/** Where a member of staff holds one of these roles: the union of all grants. */
const scopeOf = (actor: Actor, roles: readonly StaffRole[]): Scope => {
  if (actor.kind !== 'staff') return []
  const held = roles.filter((role) => actor.roles.includes(role)).map((role) => actor.complexes[role])
  return held.includes(null) ? 'company' : [...new Set(held.flatMap((ids) => ids ?? []))]
}

const readScope = (actor: Actor, roles: readonly StaffRole[]): Scope => {
  const readsEverything =
    actor.kind === 'system' || (actor.kind === 'platform' && actor.roles.includes('platform_admin'))
  return readsEverything ? 'company' : scopeOf(actor, roles)
}

export const registryScope = (actor: Actor) => readScope(actor, REGISTRY_READERS)
export const homeScope = (actor: Actor) => readScope(actor, HOME_READERS)
export const editScope = (actor: Actor) => scopeOf(actor, EDITORS)
export const ownScope = (actor: Actor) => scopeOf(actor, OWNERS)

export const covers = (scope: Scope, complexId: string) => scope === 'company' || scope.includes(complexId)

/** `undefined` where every row of the company is within the scope. */
export const within = (scope: Scope, complexId: PgColumn): SQL | undefined =>
  scope === 'company' ? undefined : isOneOf(complexId, scope)

/** What the actor answers for: homes of complexes in their care, or, of a resident who invites, the own ones. */
const inHands = (actor: Actor) =>
  actor.kind === 'resident' ? isOneOf(units.id, actor.unitIds) : within(editScope(actor), units.complexId)

/**
 * Whether the actor answers for every home and invite a person has or ever had, removed ones too: any of them may be
 * restored or go on. Who does not neither removes, merges nor readdresses the person, nor ties an account to it (ADR 0015).
 */
export const isWhollyWithin = (actor: Actor): SQL<boolean> => {
  const held = inHands(actor)
  if (!held) return sql<boolean>`true`
  const outside = (table: SQL) =>
    sql`exists (select from ${table} l join ${units} on ${units.id} = l.unit_id
      where l.person_id = ${people.id} and not ${held})`
  return sql<boolean>`not ${outside(sql`residencies`)} and not ${outside(sql`invites`)}`
}

type Removable = { deletedAt: PgColumn }

/** Removed rows exist only for those who may restore them. */
export const presentOrRestorable = (table: Removable, scope: Scope, complexId: PgColumn): SQL | undefined =>
  scope === 'company' ? undefined : or(isNull(table.deletedAt), isOneOf(complexId, scope))

/**
 * Rows of a list: those present, and, when asked for by somebody who may restore them, the removed ones too.
 *
 * @throws forbidden auth.forbidden
 */
export const listed = (table: Removable, scope: Scope, complexId: PgColumn, includeRemoved: boolean) => {
  if (!includeRemoved) return isNull(table.deletedAt)
  requireAny(scope)
  return presentOrRestorable(table, scope, complexId)
}

/** @throws forbidden auth.forbidden */
export const requireAny = (scope: Scope) => requireRight(scope === 'company' || scope.length > 0)

/** Sent with each row, so that a page shows exactly the buttons the server will honour. */
export const actionsOn = (
  row: { deletedAt: Date | string | null },
  rights: { edit: boolean; remove?: boolean; import?: boolean },
) => {
  const remove = rights.remove ?? rights.edit
  const actions: [RowAction, boolean][] = row.deletedAt
    ? [['restore', remove]]
    : [
        ['update', rights.edit],
        ['remove', remove],
        ['import', rights.import ?? false],
      ]
  return actions.filter(([, isAllowed]) => isAllowed).map(([action]) => action)
}

/** @throws forbidden auth.forbidden */
export const requireRight = (isAllowed: boolean) => {
  if (!isAllowed) throw new DomainError('forbidden', 'auth.forbidden')
}

/** @throws conflict property.version_conflict */
export const requireVersion = (row: { version: number }, expected: number | undefined) => {
  if (expected !== undefined && row.version !== expected) throw new DomainError('conflict', 'property.version_conflict')
}

/** @throws conflict property.parent_removed */
export const requirePresent = (parent: { deletedAt: Date | null }) => {
  if (parent.deletedAt) throw new DomainError('conflict', 'property.parent_removed')
}

/** More than a family has, and few enough for a link that got lost. */
export const MAX_FAMILY_USES = 10

/** What the narrowest level has decided of a switch, in a transaction of any company. */
export const isOn = (key: SettingKey, companyId: SQL, complexId: SQL) => {
  const decided = (where: SQL) => sql`(select ${settings.value} from ${settings}
    where ${settings.companyId} = ${companyId} and ${settings.complexId} is not distinct from ${where}
      and ${settings.key} = ${key} and ${settings.deletedAt} is null)`
  return sql`coalesce(${decided(complexId)}, ${decided(sql`null`)},
    (select ${platformSettings.value} from ${platformSettings} where ${platformSettings.key} = ${key}),
    ${JSON.stringify(SETTINGS[key].default)}::jsonb) = 'true'::jsonb`
}

/** Owns the unit today, where it stands. */
export const ownsToday = (userId: SQL | string, unitId: SQL | string): SQL => sql`exists (
  select from ${people} join ${residencies} on ${residencies.companyId} = ${people.companyId} and ${residencies.personId} = ${people.id}
  join ${units} on ${units.companyId} = ${people.companyId} and ${units.id} = ${residencies.unitId}
  join ${complexes} on ${complexes.companyId} = ${people.companyId} and ${complexes.id} = ${units.complexId}
  where ${people.userId} = ${userId} and ${residencies.unitId} = ${unitId} and ${residencies.kind} = 'owner'
    and ${residencies.deletedAt} is null and ${people.deletedAt} is null
    and ${residencies.startsOn} <= (now() at time zone ${complexes.timezone})::date
    and (${residencies.endsOn} is null or ${residencies.endsOn} > (now() at time zone ${complexes.timezone})::date))`

/** Of an invite: whether who made it could make it today, as a member of staff or as an owner (ADR 0016). */
export const isBacked = (invite: SQL): SQL => sql`exists (
  select from units iu where iu.company_id = ${invite}.company_id and iu.id = ${invite}.unit_id and (
    exists (select from role_grants ig join users on users.id = ig.user_id
      where ig.user_id = ${invite}.created_by and ig.company_id = ${invite}.company_id and users.status = 'active'
        and ig.role in (${sql.join(
          EDITORS.map((role) => sql`${role}`),
          sql`, `,
        )})
        and (ig.expires_at is null or ig.expires_at > now()) and (ig.complex_id is null or ig.complex_id = iu.complex_id))
    or (${invite}.kind = 'family' and ${invite}.person_id is null and ${invite}.max_uses <= ${sql.raw(String(MAX_FAMILY_USES))}
      and ${ownsToday(sql`${invite}.created_by`, sql`${invite}.unit_id`)}
      and ${isOn('invites.familyByResidents', sql`iu.company_id`, sql`iu.complex_id`)})))`

const lives = (invite: SQL) => sql`${invite}.revoked_at is null and ${invite}.expires_at > now()
  and (${invite}.max_uses is null or ${invite}.used_count < ${invite}.max_uses) and ${isBacked(invite)}`

/** Of `i`, an invite: whether it can be accepted now. */
export const activeInvite = sql`i.deleted_at is null and ${lives(sql`i`)}`

/** @throws conflict property.has_children with how many of each */
export const requireNoChildren = (counts: Record<string, number>) => {
  const left = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
  if (Object.keys(left).length > 0) throw new DomainError('conflict', 'property.has_children', { counts: left })
}

/** The fields that were sent, or `null` when none was: an UPDATE of nothing is refused by drizzle. */
export const fieldsSent = <T extends object>(fields: T): T | null =>
  Object.values(fields).some((value) => value !== undefined) ? fields : null

type Period = { startsOn: string; endsOn: string | null }

export const overlap = (a: Period, b: Period) =>
  (b.endsOn === null || a.startsOn < b.endsOn) && (a.endsOn === null || b.startsOn < a.endsOn)

/** Whether on some day the owners of that day have more than one whole; a sum can only grow where a share begins. */
export const sharesExceedWhole = (owners: (Period & { share: Fraction | null })[]) =>
  owners.some(({ startsOn }) =>
    exceedWhole(
      owners
        .filter((other) => other.startsOn <= startsOn && (other.endsOn === null || other.endsOn > startsOn))
        .flatMap(({ share }) => share ?? []),
    ),
  )
