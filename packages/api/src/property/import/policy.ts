import { eq, type SQL } from 'drizzle-orm'
import type { ImportCounts, ImportStatus, IMPORT_ACTIONS } from '@servai/contract/imports'
import { imports } from '@servai/db/schema/imports'
import type { Actor } from '../../actor.ts'
import { ownScope } from '../policy.ts'

/** A director sees every import of the company, others their own. */
export const visibleTo = (actor: Actor): SQL | undefined =>
  ownScope(actor) === 'company' ? undefined : eq(imports.createdBy, actor.userId ?? '')

type State = { status: ImportStatus; counts: ImportCounts; isCancelling: boolean; areRowsGone: boolean }

/** What the import is far enough for; whoever sees it may do it. */
export const allowedActions = ({ status, counts, isCancelling, areRowsGone }: State) => {
  const good = counts.new + counts.changed + counts.unchanged
  const actions: [(typeof IMPORT_ACTIONS)[number], boolean][] = [
    ['map', status === 'ready'],
    ['start', status === 'ready' && good > 0],
    ['cancel', !isCancelling && ['reading', 'ready', 'queued', 'running'].includes(status)],
    ['undo', ['done', 'done_with_errors'].includes(status) && counts.applied > 0 && !areRowsGone],
  ]
  return actions.filter(([, isAllowed]) => isAllowed).map(([action]) => action)
}
