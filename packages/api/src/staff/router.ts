import { router } from '../trpc.ts'
import { explainProcedure } from './explain/router.ts'
import { grantsRouter } from './grants/router.ts'
import { invitesRouter } from './invites/router.ts'
import { membersRouter } from './members/router.ts'

export const staffRouter = router({
  members: membersRouter,
  grants: grantsRouter,
  invites: invitesRouter,
  explain: explainProcedure,
})
