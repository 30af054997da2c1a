import { newCeremonyChallenge } from '@servai/auth/passkey'
import { passkeyCeremonies } from '@servai/db/schema/factors'
import { and, eq, gt, isNull, sql } from 'drizzle-orm'
import type { VisitDb } from '../../visit.ts'

const LIFETIME_MINUTES = 5

/** How long somebody may take; milliseconds. */
export const CEREMONY_TIMEOUT_MS = LIFETIME_MINUTES * 60_000

/** The flow a ceremony belongs to: its challenge is good for this purpose, person and place alone. */
export type Flow =
  | { purpose: 'sign_in' }
  | { purpose: 'register' | 'step_up'; userId: string; sessionId: string }
  | { purpose: 'second_factor'; userId: string; signInChallengeId: string }

const { userId, sessionId, signInChallengeId } = passkeyCeremonies

const rowOf = (flow: Flow) => ({
  purpose: flow.purpose,
  userId: 'userId' in flow ? flow.userId : null,
  sessionId: 'sessionId' in flow ? flow.sessionId : null,
  signInChallengeId: 'signInChallengeId' in flow ? flow.signInChallengeId : null,
})

export const openCeremony = async ({ db }: Pick<VisitDb, 'db'>, flow: Flow) => {
  const [ceremony] = await db
    .insert(passkeyCeremonies)
    .values({
      ...rowOf(flow),
      challenge: newCeremonyChallenge(),
      expiresAt: sql`now() + ${LIFETIME_MINUTES} * interval '1 minute'`,
    })
    .returning({ ceremonyId: passkeyCeremonies.id, challenge: passkeyCeremonies.challenge })
  if (!ceremony) throw new Error('the ceremony was not inserted')
  return ceremony
}

/** The challenge of a ceremony of this flow that is open; null for any other, so of parallel answers exactly one gets it. */
export const spendCeremony = async (
  { db }: Pick<VisitDb, 'db'>,
  ceremonyId: string,
  flow: Flow,
): Promise<string | null> => {
  const row = rowOf(flow)
  const [spent] = await db
    .update(passkeyCeremonies)
    .set({ usedAt: sql`now()` })
    .where(
      and(
        eq(passkeyCeremonies.id, ceremonyId),
        eq(passkeyCeremonies.purpose, row.purpose),
        sql`${userId} is not distinct from ${row.userId}`,
        sql`${sessionId} is not distinct from ${row.sessionId}`,
        sql`${signInChallengeId} is not distinct from ${row.signInChallengeId}`,
        isNull(passkeyCeremonies.usedAt),
        gt(passkeyCeremonies.expiresAt, sql`now()`),
      ),
    )
    .returning({ challenge: passkeyCeremonies.challenge })
  return spent?.challenge ?? null
}
