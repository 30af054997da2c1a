import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { inject } from 'vitest'
import { migrate } from '../migrate.ts'
import { provision, ROLES } from '../provision.ts'

/** An empty, migrated database of its own on the server of the test run. */
export const freshDatabase = async () => {
  const adminUrl = inject('adminUrl')
  const database = `servai_seed_${randomBytes(4).toString('hex')}`
  // The roles are shared by every database of the server: their passwords stay those of the test run.
  const passwords = {
    owner: new URL(inject('databaseOwnerUrl')).password,
    app: new URL(inject('databaseUrl')).password,
    system: new URL(inject('databaseSystemUrl')).password,
  }
  await provision(adminUrl, { database, passwords })
  const urlOf = (role: keyof typeof ROLES) =>
    Object.assign(new URL(adminUrl), { username: ROLES[role], password: passwords[role], pathname: `/${database}` })
      .href
  await migrate(urlOf('owner'))
  const drop = async () => {
    const admin = postgres(adminUrl, { max: 1 })
    await admin.unsafe(`drop database ${database} with (force)`)
    await admin.end()
  }
  return { appUrl: urlOf('app'), systemUrl: urlOf('system'), ownerUrl: urlOf('owner'), drop }
}
