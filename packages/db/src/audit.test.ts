import { and, eq } from 'drizzle-orm'
import { expect, it } from 'vitest'
import { buildPerson, buildUnit, database } from '../test/factories.ts'
import { auditLog } from './schema/audit.ts'
import { people } from './schema/people.ts'
import { units } from './schema/units.ts'

const entriesOf = (id: string) =>
  database.system({}, 'read', (db) =>
    db
      .select({ action: auditLog.action, before: auditLog.before, after: auditLog.after })
      .from(auditLog)
      .where(eq(auditLog.entityId, id))
      .orderBy(auditLog.id),
  )

it('shows that a contact changed, and of the contact itself a fragment', async () => {
  const person = await buildPerson({ email: 'maria.ivanova@mail.example.org', phone: '+359 88 123 4567' })
  await database.company({ companyId: person.companyId }, 'write', (db) =>
    db
      .update(people)
      .set({ email: 'milena@mail.example.org', phone: '+359 88 123 4589' })
      .where(eq(people.id, person.id)),
  )
  await database.system({}, 'write', (db) => db.delete(people).where(eq(people.id, person.id)))

  const entries = await entriesOf(person.id)
  expect(entries).toMatchObject([
    { action: 'people.create', after: { email: 'm…@m….org', phone: '…67' } },
    {
      action: 'people.update',
      before: { email: 'm…@m….org', phone: '…67' },
      after: { email: 'm…@m….org', phone: '…89' },
    },
    { action: 'people.delete', before: { email: 'm…@m….org', phone: '…89' } },
  ])
  expect(Object.keys(entries[1]!.after!).toSorted()).toEqual(['email', 'phone'])
  expect(JSON.stringify(entries)).not.toMatch(/ivanova@|milena|example|1234|35988/)
})

it.each([
  ['no address at all', 'n…@n…', '12345', '…'],
  ['a@b', 'a…@b…', '12 34 56', '…56'],
  ['"odd@quoted"@host.example', '"…@h….example', '', '…'],
  ['', '…@…', 'ext.', '…'],
])('keeps no whole contact of %j either', async (email, masked, phone, maskedPhone) => {
  const person = await buildPerson({ email, phone })
  expect((await entriesOf(person.id))[0]!.after).toMatchObject({ email: masked, phone: maskedPhone })
})

it('leaves out what is unknown and what the database derives', async () => {
  const person = await buildPerson({ email: null, phone: null })
  const [created] = await entriesOf(person.id)
  expect(Object.keys(created!.after!).toSorted()).toEqual(['first_name', 'last_name', 'note'])

  const unit = await buildUnit({ number: '7a' })
  await database.system({}, 'write', (db) =>
    db
      .update(units)
      .set({ number: '7b' })
      .where(and(eq(units.companyId, unit.companyId), eq(units.id, unit.id))),
  )
  expect((await entriesOf(unit.id))[1]).toEqual({
    action: 'units.update',
    before: { number: '7a' },
    after: { number: '7b' },
  })
})
