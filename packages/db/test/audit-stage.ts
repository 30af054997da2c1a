import { randomBytes } from 'node:crypto'
import { parseKeyRing } from '@servai/auth/key-ring'
import postgres from 'postgres'
import { inject } from 'vitest'
import { createSealer } from '../src/audit/links.ts'
import { createSealing } from '../src/audit/seal.ts'
import { createDatabase } from '../src/index.ts'
import { freshDatabase } from '../src/seed/fresh-database.ts'
import { databaseOptions } from './factories.ts'

export const auditKey = (kid: string) => `${kid}:${randomBytes(32).toString('base64')}`

/** A database of its own with its sealer, and a superuser, whom neither grants nor triggers stop. */
export const openAuditStage = async (keys = auditKey('a1')) => {
  const own = await freshDatabase()
  const urlOf = (login: string) => Object.assign(new URL(login), { pathname: new URL(own.ownerUrl).pathname }).href
  const database = createDatabase(
    databaseOptions({ appUrl: urlOf(inject('databaseUrl')), systemUrl: urlOf(inject('databaseSystemUrl')) }),
  )
  const superuser = postgres(urlOf(inject('adminUrl')), { max: 1, onnotice: () => undefined })
  await superuser`set session_replication_role = replica`
  const sealer = createSealer(parseKeyRing(keys))
  const sealing = createSealing(database, sealer)

  return {
    database,
    superuser,
    sealer,
    sealing,
    adminUrl: urlOf(inject('adminUrl')),
    systemUrl: urlOf(inject('databaseSystemUrl')),

    async addCompany() {
      const [company] = await database.system({}, 'write', (db) =>
        db.execute<{ id: string }>(`
          insert into companies (id, name, legal_name, registration_number, country, currency, locale, timezone)
          select id, id, id, id, 'BG', 'EUR', 'bg', 'UTC' from gen_random_uuid() id returning id`),
      )
      return company!.id
    },

    /** Rows one after the other, each in a transaction of its own. */
    async write(companyId: string | null, count = 1) {
      const ids: number[] = []
      for (let done = 0; done < count; done++) {
        const [row] = await superuser<{ id: number }[]>`
          insert into audit_log (company_id, actor_id, request_id, action, entity, entity_id, before, after)
          values (${companyId}, gen_random_uuid(), 'req-1', 'units.update', 'units', gen_random_uuid(), '{"number": "1"}', '{"number": "2"}')
          returning id::float8 as id`
        ids.push(row!.id)
      }
      return ids
    },

    /** Until everything written is sealed and nothing older can appear. */
    async seal() {
      for (let turn = 0; turn < 3; turn++) await sealing.run()
    },

    async close() {
      await superuser.end()
      await database.close()
      await own.drop()
    },
  }
}
