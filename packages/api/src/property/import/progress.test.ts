import { setTimeout as sleep } from 'node:timers/promises'
import { eq } from 'drizzle-orm'
import { imports } from '@servai/db/schema/imports'
import { buildCompany, buildComplex, database } from '@servai/db/test/factories'
import { expect, it } from 'vitest'
import { anonymous, services, signIn } from '../../../test/callers.ts'
import { csv, importer } from '../../../test/imports.ts'
import { beating } from './progress.ts'

it('an import that nobody is at for ten seconds says so, and one that somebody is at does not', async () => {
  const company = await buildCompany()
  const me = await importer(company)
  const complex = await buildComplex({ company })
  const { id } = await me.preview({ complexId: complex.id, name: 'a.csv', content: csv('A,,1,,40') })
  const { accessToken } = await signIn(me.user)
  const lookLater = (ms: number) => {
    const late = { ...services, now: () => new Date(Date.now() + ms) }
    const caller = anonymous({ accessToken, contextKey: me.contextKey, services: late })
    return caller.property.imports.get({ id })
  }
  expect(await lookLater(60_000)).toMatchObject({ status: 'ready', isStalled: false })
  await me.imports.start({ id })
  expect(await lookLater(5_000)).toMatchObject({ status: 'queued', isStalled: false })
  expect(await lookLater(11_000)).toMatchObject({ status: 'queued', isStalled: true })

  await database.system({}, 'write', (db) => db.update(imports).set({ status: 'running' }).where(eq(imports.id, id)))
  const updatedAt = async () =>
    (await database.lookup<{ at: Date }>('select updated_at as at from imports where id = $1', [id]))[0]!.at
  const before = await updatedAt()
  const inCompany = <T>(work: Parameters<typeof database.company<T>>[2]) =>
    database.company({ companyId: company.id }, 'write', work)
  await beating(inCompany, id, () => sleep(200), 40)
  const after = await updatedAt()
  expect(after.getTime()).toBeGreaterThan(before.getTime() + 50)
  await sleep(150)
  expect(await updatedAt()).toEqual(after)
})
