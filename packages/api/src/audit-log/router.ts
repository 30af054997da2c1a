import { auditPage, listAuditInput } from '@servai/contract/audit'
import { anyScopeProcedure, router } from '../trpc.ts'
import { AUDIT_READERS } from './policy.ts'
import { listAudit } from './service.ts'

export const auditRouter = router({
  list: anyScopeProcedure
    .meta({
      access: AUDIT_READERS,
      rest: { method: 'GET', path: '/audit' },
      summary: 'Who did what, when, and what was refused, with the seal of each entry',
    })
    .input(listAuditInput)
    .output(auditPage)
    .query(({ ctx, input }) => listAudit(ctx, input)),
})
