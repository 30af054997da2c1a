import { router } from '../trpc.ts'
import { buildingsRouter } from './buildings/router.ts'
import { claimsRouter } from './claims/router.ts'
import { companiesRouter } from './companies/router.ts'
import { complexesRouter } from './complexes/router.ts'
import { entrancesRouter } from './entrances/router.ts'
import { exportsRouter } from './export/router.ts'
import { importsRouter } from './import/router.ts'
import { invitesRouter } from './invites/router.ts'
import { overviewRouter } from './overview/router.ts'
import { peopleRouter } from './people/router.ts'
import { residenciesRouter } from './residencies/router.ts'
import { searchProcedure } from './search/router.ts'
import { settingsRouter } from './settings/router.ts'
import { timelineRouter } from './timeline/router.ts'
import { unitTypesRouter } from './unit-types/router.ts'
import { unitsRouter } from './units/router.ts'

export const propertyRouter = router({
  companies: companiesRouter,
  complexes: complexesRouter,
  buildings: buildingsRouter,
  entrances: entrancesRouter,
  units: unitsRouter,
  unitTypes: unitTypesRouter,
  people: peopleRouter,
  residencies: residenciesRouter,
  invites: invitesRouter,
  claims: claimsRouter,
  timeline: timelineRouter,
  overview: overviewRouter,
  search: searchProcedure,
  exports: exportsRouter,
  imports: importsRouter,
  settings: settingsRouter,
})
