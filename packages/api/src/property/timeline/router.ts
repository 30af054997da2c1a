import { listTimelineInput, timelinePage } from '@servai/contract/timeline'
import { companyProcedure, router } from '../../trpc.ts'
import { ACCESS } from '../policy.ts'
import { listTimeline } from './service.ts'

export const timelineRouter = router({
  list: companyProcedure
    .meta({
      access: ACCESS.edit,
      rest: { method: 'GET', path: '/property/timeline/{entity}/{id}' },
      summary: 'Who did what when to a complex, a building, a unit or a person',
    })
    .input(listTimelineInput)
    .output(timelinePage)
    .query(({ ctx, input }) => listTimeline(ctx, input)),
})
