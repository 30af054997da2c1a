import { buildCompany } from '@servai/db/test/factories'
import { expect, it } from 'vitest'
import { anonymous, employ, refusal, signIn } from '../../test/callers.ts'

const ASKED = refusal('FORBIDDEN', 'auth.step_up_required')
const MINUTE_MS = 60_000

/** A director and the same director whose proof is as old as this. */
const directorProvedBefore = async (company: { id: string }, minutes: number) => {
  const { user, contextKey } = await employ(company, 'director')
  const { accessToken } = await signIn(user, { authenticatedAt: new Date(Date.now() - minutes * MINUTE_MS) })
  return anonymous({ accessToken, contextKey })
}

it('who hands out or takes away roles has proved who they are in the last quarter of an hour', async () => {
  const company = await buildCompany()
  const { staff: fresh } = await directorProvedBefore(company, 14)
  const { staff: stale } = await directorProvedBefore(company, 16)
  await employ(company, 'accountant')
  const [member] = (await fresh.members.list({ role: 'accountant' })).items
  const granted = { memberId: member!.id, role: 'director' as const }
  const invited = { email: 'colleague@example.test', role: 'accountant' as const, locale: 'en' as const }

  await expect(stale.grants.create(granted)).rejects.toMatchObject(ASKED)
  await expect(stale.invites.create(invited)).rejects.toMatchObject(ASKED)
  const { id: inviteId } = await fresh.invites.create(invited)
  await expect(stale.invites.resend({ id: inviteId })).rejects.toMatchObject(ASKED)
  const { grants } = await fresh.grants.create(granted)
  const given = grants.find(({ role }) => role === 'director')!
  await expect(stale.grants.revoke({ id: given.id })).rejects.toMatchObject(ASKED)

  await fresh.invites.resend({ id: inviteId })
  await fresh.grants.revoke({ id: given.id })
  await stale.invites.revoke({ id: inviteId })
})
