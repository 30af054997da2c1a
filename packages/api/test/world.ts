import {
  buildBuilding,
  buildClaim,
  buildCompany,
  buildComplex,
  buildEntrance,
  buildInvite,
  buildPerson,
  buildResidency,
  buildUnit,
  buildUnitType,
} from '@servai/db/test/factories'

/** A company with one row of everything, each below the one before. */
export const buildWorld = async () => {
  const company = await buildCompany()
  const complex = await buildComplex({ company })
  const building = await buildBuilding({ complex })
  const entrance = await buildEntrance({ building })
  const unit = await buildUnit({ building, entranceId: entrance.id })
  const person = await buildPerson({ company })
  const residency = await buildResidency({ unit, person })
  const unitType = await buildUnitType({ company })
  const invite = await buildInvite({ unit })
  const claim = await buildClaim({ complex })
  return { company, complex, building, entrance, unit, person, residency, invite, claim, unitType }
}

export type World = Awaited<ReturnType<typeof buildWorld>>
