import { integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { instant, systemOnly } from './tenancy.ts'

/** A scheduled job runs once in each period, whichever of the workers gets there first. */
export const scheduledRuns = pgTable(
  'scheduled_runs',
  {
    job: text('job').notNull(),
    /** The instant it was due. */
    dueAt: instant('due_at').notNull(),
    /** Renewed while the job goes on; whoever finds it in the past takes over. */
    heldUntil: instant('held_until').notNull(),
    startedAt: instant('started_at').notNull().defaultNow(),
    finishedAt: instant('finished_at'),
    rowsRemoved: integer('rows_removed').notNull().default(0),
    lastError: text('last_error'),
  },
  (t) => [...systemOnly(), primaryKey({ columns: [t.job, t.dueAt] })],
)
