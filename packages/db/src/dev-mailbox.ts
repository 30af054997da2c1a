import type { Database } from './index.ts'
import { devMailbox } from './schema/outbox.ts'

type NewMail = Omit<typeof devMailbox.$inferInsert, 'id' | 'createdAt'>

/** Keeps a message for `/dev/mailbox`; a repeat with the same key changes nothing. Answers the key. */
export const storeDevMail = async (database: Pick<Database, 'system'>, mail: NewMail) => {
  await database.system({}, 'write', async (db) => {
    await db.insert(devMailbox).values(mail).onConflictDoNothing({ target: devMailbox.idempotencyKey })
  })
  return mail.idempotencyKey
}
