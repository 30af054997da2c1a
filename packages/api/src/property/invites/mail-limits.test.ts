import {
  buildBuilding,
  buildCompany,
  buildComplex,
  buildPerson,
  buildResidency,
  buildUnit,
} from '@servai/db/test/factories'
import { beforeAll, describe, expect, it } from 'vitest'
import { as, refusal, services, type Caller } from '../../../test/callers.ts'
import { newEmail } from '../../../test/identity.ts'
import { LIMITS, take } from '../../limits.ts'

const LIMITED = refusal('TOO_MANY_REQUESTS', 'request.rate_limited')

let company: { id: string }
beforeAll(async () => {
  company = await buildCompany()
})

const buildBlock = async (homes: number, of = company) => {
  const building = await buildBuilding({ complex: await buildComplex({ company: of }) })
  for (let home = 0; home < homes; home++)
    await buildResidency({ unit: await buildUnit({ building }), person: await buildPerson({ company: of }) })
  return building
}

const mailOne = async ({ property }: Caller) => {
  const unit = await buildUnit({ building: await buildBuilding({ complex: await buildComplex({ company }) }) })
  const person = await buildPerson({ company })
  return property.invites.create({ unitId: unit.id, kind: 'owner', personId: person.id, mail: true })
}

describe('messages with invites', () => {
  it('are sixty an hour for an account, a batch counting once', async () => {
    const director = as(company, 'director')
    const building = await buildBlock(3)
    expect(await director.property.invites.bulkCreate({ buildingId: building.id, kind: 'owner', mail: true })).toEqual({
      created: 3,
      mailed: 3,
    })
    for (let sent = 1; sent < LIMITS.invite_mail_account.limit; sent++) await mailOne(director)
    await expect(mailOne(director)).rejects.toMatchObject(LIMITED)
    expect(await mailOne(as(company, 'director'))).toMatchObject({ status: 'active' })
  })

  it('are counted by recipient for a company, those to staff too, and then nothing is made', async () => {
    const busy = await buildCompany()
    const director = as(busy, 'director')
    const building = await buildBlock(3, busy)
    const batch = { buildingId: building.id, kind: 'owner', mail: true } as const
    await take(services, { invite_mail_company: busy.id }, LIMITS.invite_mail_company.limit - 3)
    const invite = { role: 'accountant', locale: 'en' } as const
    const { id } = await director.staff.invites.create({ email: newEmail(), ...invite })
    await expect(director.property.invites.bulkCreate(batch)).rejects.toMatchObject(LIMITED)
    expect((await director.property.invites.list({})).items).toEqual([])
    await director.staff.invites.resend({ id })
    await director.staff.invites.create({ email: newEmail(), ...invite })
    await expect(director.staff.invites.create({ email: newEmail(), ...invite })).rejects.toMatchObject(LIMITED)
    expect(await director.property.invites.bulkCreate({ ...batch, mail: false })).toEqual({ created: 3, mailed: 0 })
  })
})
