import { and, asc, eq, gt, isNull, ne, or, sql } from 'drizzle-orm'
import { emailKeyOf } from '@servai/contract/auth'
import type { ResidencyKind } from '@servai/db/schema/enums'
import type { Share } from '@servai/contract/property'
import type { CompanyDb } from '@servai/db'
import { complexes } from '@servai/db/schema/complexes'
import { people } from '@servai/db/schema/people'
import { residencies } from '@servai/db/schema/residencies'
import { units } from '@servai/db/schema/units'
import type { Actor } from '../../actor.ts'
import type { Ctx } from '../../context.ts'
import { isWhollyWithin } from '../policy.ts'
import { requireRoom } from '../residencies/service.ts'
import { shareColumns } from '../units/service.ts'

type AdmissionCtx = Pick<Ctx, 'db' | 'services'>

/** An account whose address is proven. */
export type Account = {
  userId: string
  firstName: string
  lastName: string
  email: string
  phone?: string | null
}

/** One admission of an account at a time, and before any unit is locked: two at once would make two people of one. */
export const holdAccount = async ({ db }: Pick<Ctx, 'db'>, userId: string) => {
  await db.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`admission ${userId}`}, 0))`)
}

/** Locks a unit that stands; null for any other. `today` is the date in its complex. */
export const holdHome = async ({ db }: Pick<Ctx, 'db'>, unitId: string) => {
  const [row] = await db
    .select({ today: sql<string>`(now() at time zone ${complexes.timezone})::date::text` })
    .from(units)
    .innerJoin(complexes, eq(complexes.id, units.complexId))
    .where(and(eq(units.id, unitId), isNull(units.deletedAt), isNull(complexes.deletedAt)))
    .for('no key update', { of: units })
  return row ?? null
}

const isNotOver = (today: string) => or(isNull(residencies.endsOn), gt(residencies.endsOn, today))

const lasts = (today: string) => and(isNull(residencies.deletedAt), isNotOver(today))

/** The company's person of this account. */
const ownPerson = async (db: CompanyDb, userId: string) => {
  const [person] = await db
    .select({ id: people.id, userId: people.userId })
    .from(people)
    .where(and(eq(people.userId, userId), isNull(people.deletedAt)))
  return person ?? null
}

const lastingIn = async (db: CompanyDb, personId: string, unitId: string, today: string) => {
  const [row] = await db
    .select({ id: residencies.id, verifiedLevel: residencies.verifiedLevel })
    .from(residencies)
    .where(and(eq(residencies.personId, personId), eq(residencies.unitId, unitId), lasts(today)))
    .orderBy(asc(residencies.startsOn))
    .limit(1)
  return row ?? null
}

/** The residency by which the account lives in the unit, or will; null when there is none that has not ended. */
export const residencyOf = async ({ db }: Pick<Ctx, 'db'>, userId: string, unitId: string, today: string) => {
  const person = await ownPerson(db, userId)
  return person && lastingIn(db, person.id, unitId, today)
}

type Candidate = { id: string; userId: string | null; emailKey: string | null; isInHands: boolean }

/**
 * The person as it is once nobody else changes it or moves it in anywhere. Rights are read by a statement of their own:
 * one that waited for the lock still sees the homes of before.
 */
const holdCandidate = async (db: CompanyDb, admitter: Actor, id: string): Promise<Candidate | null> => {
  await db.select({ id: people.id }).from(people).where(eq(people.id, id)).for('no key update')
  const [person] = await db
    .select({
      id: people.id,
      userId: people.userId,
      emailKey: people.emailKey,
      isInHands: isWhollyWithin(admitter),
    })
    .from(people)
    .where(and(eq(people.id, id), isNull(people.deletedAt)))
  return person ?? null
}

/** The one person of the unit without an account who has this address: several may share a mailbox. */
const namesakeIn = async (db: CompanyDb, { unitId, admitter }: Admission, emailKey: string) => {
  const found = await db
    .selectDistinct({ id: people.id })
    .from(people)
    .innerJoin(residencies, eq(residencies.personId, people.id))
    .where(
      and(
        eq(people.emailKey, emailKey),
        isNull(people.userId),
        isNull(people.deletedAt),
        eq(residencies.unitId, unitId),
        isNull(residencies.deletedAt),
      ),
    )
    .limit(2)
  const [namesake] = found.length === 1 ? found : []
  const held = namesake ? await holdCandidate(db, admitter, namesake.id) : null
  return held?.isInHands && held.userId === null && held.emailKey === emailKey ? held : null
}

/** Now, later, or once it is restored. */
const livesElsewhere = async (db: CompanyDb, personId: string, unitId: string, today: string) => {
  const rows = await db
    .select({ id: residencies.id })
    .from(residencies)
    .where(and(eq(residencies.personId, personId), ne(residencies.unitId, unitId), isNotOver(today)))
    .limit(1)
  return rows.length > 0
}

export type Admission = {
  unitId: string
  /** Of the unit's complex. */
  today: string
  account: Account
  /** Who answers for it: whoever approves, or as whom somebody invited. */
  admitter: Actor
  /** Whom the company meant. */
  personId: string | null
  kind: ResidencyKind
  share: Share | null
}

/**
 * Who of the company's people the account is; `new` for nobody yet, null when the one it is to be is somebody else.
 * Whoever holds a link becomes the person it was made for, unless that opened more than this unit: other homes of a
 * person are only for an account with that person's address, and only where the admitter answers for all of them
 * (ADR 0015).
 */
const identify = async (db: CompanyDb, admission: Admission) => {
  const { unitId, today, account, personId, admitter } = admission
  const emailKey = emailKeyOf(account.email)
  const invited = personId === null ? null : await holdCandidate(db, admitter, personId)
  if (invited && invited.userId !== null && invited.userId !== account.userId) return null
  const own = await ownPerson(db, account.userId)
  if (own) return own
  const becomes =
    invited?.isInHands && (invited.emailKey === emailKey || !(await livesElsewhere(db, invited.id, unitId, today)))
  return (becomes ? invited : await namesakeIn(db, admission, emailKey)) ?? 'new'
}

/** False when another account was faster. */
const link = async (db: CompanyDb, person: { id: string; userId: string | null }, account: Account) => {
  const { userId, email, phone } = account
  if (person.userId === userId) return true
  const linked = await db
    .update(people)
    .set({
      userId,
      email: sql`coalesce(${people.email}, ${email}::text)`,
      phone: sql`coalesce(${people.phone}, ${phone ?? null}::text)`,
    })
    .where(and(eq(people.id, person.id), isNull(people.userId)))
    .returning({ id: people.id })
  return linked.length > 0
}

/**
 * Lets an account into a unit from today on; where the person lives there already, that residency stays the only one
 * and counts as verified. The caller holds the account and the unit. Null when the person meant belongs to another
 * account.
 *
 * @throws conflict property.shares_exceed_whole
 */
export const admit = async (ctx: AdmissionCtx, admission: Admission) => {
  const { db, services } = ctx
  const { unitId, today, account, kind, share } = admission
  const person = await identify(db, admission)
  if (!person) return null
  const personId = person === 'new' ? await createPerson(db, account) : person.id
  if (person !== 'new' && !(await link(db, person, account))) return null
  await services.principals.suspend(account.userId)
  const present = await lastingIn(db, personId, unitId, today)
  if (present) {
    if (present.verifiedLevel === 'unverified')
      await db.update(residencies).set({ verifiedLevel: 'verified' }).where(eq(residencies.id, present.id))
    return { residencyId: present.id, isNew: false }
  }
  await requireRoom(ctx, unitId, { id: null, personId, kind, share, startsOn: today, endsOn: null })
  const [created] = await db
    .insert(residencies)
    .values({ unitId, personId, kind, startsOn: today, verifiedLevel: 'verified', ...shareColumns(share) })
    .returning({ id: residencies.id })
  return { residencyId: created!.id, isNew: true }
}

const createPerson = async (db: CompanyDb, { userId, firstName, lastName, email, phone }: Account) => {
  const [person] = await db
    .insert(people)
    .values({ userId, firstName, lastName, email, phone })
    .returning({ id: people.id })
  return person!.id
}
