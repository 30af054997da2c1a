import { randomUUID } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import type { Message } from '@servai/email/messages'
import { accountExports } from '@servai/db/schema/account-changes'
import { passkeys, recoveryCodes, totpFactors } from '@servai/db/schema/factors'
import {
  buildBuilding,
  buildClaim,
  buildCompany,
  buildComplex,
  buildGrant,
  buildInvite,
  buildPerson,
  buildResidency,
  buildSession,
  buildUnit,
  buildUser,
  database,
  type User,
} from '@servai/db/test/factories'
import { eq, sql } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { anonymous, as, asUser, buildRequest, employ, refusal, services } from '../../../test/callers.ts'
import { unlimited } from '../../../test/identity.ts'
import type { JobCtx } from '../../jobs.ts'
import { runAccountExport } from './jobs.ts'
import { openAccountExport } from './service.ts'

const job = (sent: { to: string; message: Message }[] = []) =>
  ({
    database,
    log: services.log,
    now: () => new Date(),
    emittedAt: new Date(),
    mail: {
      sender: { appUrl: 'https://homes.example', senderName: 'servAI' },
      send: async (to: string, message: Message) => {
        sent.push({ to, message })
      },
    },
  }) as unknown as JobCtx

const requestOf = async (user: User, overrides: Parameters<typeof buildSession>[1] = {}) => {
  const session = await buildSession(user, overrides)
  const { id: userId, tokenVersion } = user
  const accessToken = await services.accessTokens.sign({ userId, sessionId: session.id, tokenVersion })
  return buildRequest({ accessToken, services: unlimited() })
}

const download = async (user: User, id: string) => {
  const { content, fileName, bytes } = await openAccountExport(await requestOf(user), { id })
  const file = Buffer.concat(await Array.fromAsync(content))
  expect(file).toHaveLength(bytes ?? -1)
  return { file, fileName }
}

const make = async (user: User, sent: Parameters<typeof job>[0] = []) => {
  const { id } = await asUser(user).auth.personalData.request()
  expect(await runAccountExport(job(sent), { userId: user.id, exportId: id })).toBe('done')
  return id
}

/** Every entry of a zip, by its directory. */
const unzip = (file: Buffer) => {
  const end = file.lastIndexOf(Buffer.from('504b0506', 'hex'))
  const entries = new Map<string, string>()
  for (let index = 0, at = file.readUInt32LE(end + 16); index < file.readUInt16LE(end + 10); index += 1) {
    const [packed, nameLength] = [file.readUInt32LE(at + 20), file.readUInt16LE(at + 28)]
    const name = file.toString('utf8', at + 46, at + 46 + nameLength)
    const start = file.readUInt32LE(at + 42)
    const data = start + 30 + file.readUInt16LE(start + 26) + file.readUInt16LE(start + 28)
    entries.set(name, inflateRawSync(file.subarray(data, data + packed)).toString('utf8'))
    at += 46 + nameLength + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32)
  }
  return entries
}

describe('a copy of personal data', () => {
  const others = Array.from({ length: 4 }, () => `other-${randomUUID()}@example.test`)
  let user: User
  let entries: Map<string, string>
  let fileName: string
  const rows = (name: string) => JSON.parse(entries.get(`${name}.json`) ?? 'null') as Record<string, unknown>[]

  beforeAll(async () => {
    user = await buildUser({ locale: 'ru', firstName: 'Мария', lastName: 'Колева' })
    const company = await buildCompany({ name: 'Морска градина' })
    const complex = await buildComplex({ company })
    const unit = await buildUnit({ building: await buildBuilding({ complex }), number: '12А' })
    const person = await buildPerson({ company, userId: user.id, note: 'Ключ у консьержа' })
    await buildResidency({ unit, person, startsOn: '2024-02-29' })
    await buildResidency({ unit, person: await buildPerson({ company, email: others[0]! }) })
    await buildGrant(user, 'director', { companyId: company.id })
    await buildInvite({ unit, createdBy: user.id })
    await buildClaim({ complex, userId: user.id, message: 'Живу здесь' })
    await buildClaim({ complex, email: others[1]!, userId: (await buildUser({ email: others[2]! })).id })
    await database.system({}, 'write', async (db) => {
      const secret = { secretCipher: Buffer.from('topsecretcipher'), keyId: 'k', expiresAt: new Date() }
      await db.insert(totpFactors).values({ userId: user.id, confirmedAt: new Date(), ...secret })
      await db.insert(recoveryCodes).values({ userId: user.id, codeHash: 'hash-of-a-code' })
      await db.insert(passkeys).values({
        userId: user.id,
        credentialId: 'credential-id-secret',
        publicKey: Buffer.from('public-key-bytes'),
        signCount: 0,
        deviceType: 'singleDevice',
        isBackedUp: false,
        name: 'Ноутбук',
      })
    })
    // What the account did to somebody else is in the log, with the other's data beside it.
    const director = asUser(user, `staff:${company.id}`)
    const stranger = await director.property.people.create({
      firstName: 'Secretly',
      lastName: 'Other',
      email: others[3]!,
      note: 'private note on another',
    })
    await director.property.people.update({ id: stranger.id, version: stranger.version, firstName: 'Hidden' })
    const { file, fileName: name } = await download(user, await make(user))
    entries = unzip(file)
    fileName = name
  })

  it('holds the account, its sessions, factors, roles, people, homes, requests, invites and deeds', () => {
    expect([...entries.keys()]).toEqual([
      'README.txt',
      'account.json',
      'email-changes.json',
      'sessions.json',
      'second-factors.json',
      'roles.json',
      'people.json',
      'homes.json',
      'requests.json',
      'invites.json',
      'activity.json',
    ])
    expect(rows('account')).toMatchObject([{ email: user.email, firstName: 'Мария' }])
    expect(rows('sessions').length).toBeGreaterThan(0)
    expect(rows('second-factors').map(({ kind, name }) => [kind, name])).toEqual([
      ['authenticator app', null],
      ['passkey', 'Ноутбук'],
      ['recovery code', null],
    ])
    expect(rows('roles').map(({ role, company }) => [role, company])).toEqual([
      ['director', 'Морска градина'],
      ['staff profile', 'Морска градина'],
    ])
    expect(rows('people')).toMatchObject([{ company: 'Морска градина', note: 'Ключ у консьержа' }])
    expect(rows('homes')).toMatchObject([{ unit: '12А', startsOn: '2024-02-29' }])
    expect(rows('requests')).toMatchObject([{ message: 'Живу здесь', status: 'pending' }])
    expect(rows('invites')).toMatchObject([{ what: 'made', unit: '12А' }])
    const deeds = rows('activity')
    expect(deeds).toContainEqual(
      expect.objectContaining({ action: 'people.update', by: 'you', before: null, after: null }),
    )
    expect(deeds).toContainEqual(expect.objectContaining({ action: 'auth.personal_data_export', by: 'you' }))
    expect(deeds).toContainEqual(
      expect.objectContaining({ action: 'residencies.create', after: expect.objectContaining({ kind: 'owner' }) }),
    )
    expect(new Set(deeds.map(({ number }) => number)).size).toBe(deeds.length)
    expect(fileName).toMatch(/^servAI \d{4}-\d\d-\d\d\.zip$/)
  })

  it('does not call a deed of theirs what somebody of the platform did in their name, nor tell from where', async () => {
    const { user: seen, contextKey } = await employ(await buildCompany(), 'director')
    const { accessToken } = await as(null, 'platform_admin').accounts.impersonations.start({
      id: seen.id,
      reason: 'They cannot save a person',
      access: 'write',
    })
    await anonymous({ accessToken, contextKey, address: '198.51.100.7' }).property.people.create({
      firstName: 'Written',
      lastName: 'By support',
    })
    const { file } = await download(seen, await make(seen))
    const deeds = JSON.parse(unzip(file).get('activity.json') ?? '[]') as Record<string, unknown>[]
    expect(deeds.filter(({ action }) => action === 'people.create')).toMatchObject([
      { by: 'somebody in your name', network: null, sessionId: null },
    ])
  })

  it('says in the account’s language what each file is', () => {
    const readme = entries.get('README.txt') ?? ''
    expect(readme).toContain('Ваши данные в servAI')
    for (const name of entries.keys()) if (name !== 'README.txt') expect(readme).toContain(`${name}: `)
    expect(readme).not.toContain('{at}')
  })

  it('holds nothing of others, and nothing that opens anything', () => {
    const whole = [...entries.values()].join('\n')
    for (const address of others) expect(whole).not.toContain(address)
    expect(whole.match(/[\w.+-]+@[\w.-]+/g)?.filter((address) => address !== user.email)).toEqual(
      rows('people')
        .concat(rows('requests'))
        .flatMap(({ email }) => email ?? []),
    )
    expect(whole).not.toMatch(
      /Secretly|Hidden|private note|topsecret|hash-of-a-code|credential-id-secret|public-key-bytes|nonce|token_?hash|password_?hash/i,
    )
  })
})

describe('a request for a copy', () => {
  it('is told by mail when the file is there, with a link to the page and none to the file', async () => {
    const user = await buildUser()
    const sent: { to: string; message: Message }[] = []
    const id = await make(user, sent)
    expect(sent.map(({ to }) => to)).toEqual([user.email])
    expect(sent[0]!.message.text).toContain('https://homes.example/profile/data')
    expect(sent[0]!.message.text).not.toContain(id)
    const { items } = await asUser(user).auth.personalData.exports()
    const days = (Date.parse(items[0]!.expiresAt) - Date.now()) / 86_400_000
    expect(items).toMatchObject([{ id, status: 'done', sizeBytes: expect.any(Number) }])
    expect(days).toBeGreaterThan(6.9)
    expect(days).toBeLessThan(7.1)
  })

  it('is answered once by a worker that begins again', async () => {
    const user = await buildUser()
    const { id } = await asUser(user).auth.personalData.request()
    const payload = { userId: user.id, exportId: id }
    await Promise.all([runAccountExport(job(), payload), runAccountExport(job(), payload)])
    expect(await runAccountExport(job(), payload)).toBe('done')
    expect((await asUser(user).auth.personalData.exports()).items).toHaveLength(1)
    expect(await runAccountExport(job(), { ...payload, exportId: randomUUID() })).toBe('skipped')
  })

  it('is one at a time, and three a day', async () => {
    const user = await buildUser()
    const { personalData } = asUser(user).auth
    const parallel = await Promise.allSettled(Array.from({ length: 10 }, () => personalData.request()))
    expect(parallel.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const other = await buildUser()
    for (let time = 0; time < 3; time += 1) await make(other)
    await expect(asUser(other).auth.personalData.request()).rejects.toMatchObject(
      refusal('TOO_MANY_REQUESTS', 'request.rate_limited'),
    )
  })

  it('replaces the copy before it', async () => {
    const user = await buildUser()
    const [first, second] = [await make(user), await make(user)]
    await expect(download(user, first)).rejects.toMatchObject({ reason: 'personal_data.export_not_found' })
    await download(user, second)
  })

  it('asks for a recent proof, and so does the download', async () => {
    const user = await buildUser()
    const id = await make(user)
    const stale = await requestOf(user, { authenticatedAt: new Date(Date.now() - 16 * 60_000) })
    await expect(openAccountExport(stale, { id })).rejects.toMatchObject({ reason: 'auth.step_up_required' })
  })
})

describe('a finished copy', () => {
  it('is its owner’s alone: for anybody else, a director included, it is not there', async () => {
    const user = await buildUser()
    const id = await make(user)
    const stranger = await buildUser()
    await buildGrant(stranger, 'platform_admin')
    await expect(download(stranger, id)).rejects.toMatchObject({ reason: 'personal_data.export_not_found' })
    await expect(openAccountExport(buildRequest(), { id })).rejects.toMatchObject({ reason: 'auth.unauthenticated' })
    expect((await asUser(stranger, 'platform').auth.personalData.exports()).items).toEqual([])
    await expect(as(await buildCompany(), 'director').property.exports.get({ id })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  it('is no business of a program, though it acts for the owner', async () => {
    const user = await buildUser()
    const id = await make(user)
    const company = await buildCompany()
    await buildGrant(user, 'director', { companyId: company.id })
    const { key } = await asUser(user, `staff:${company.id}`).apiKeys.create({ name: 'Backup', role: 'director' })
    await expect(openAccountExport(buildRequest({ accessToken: key }), { id })).rejects.toMatchObject({
      reason: 'auth.session_required',
    })
  })

  it('is gone after seven days', async () => {
    const user = await buildUser()
    const id = await make(user)
    await database.system({}, 'write', (db) =>
      db
        .update(accountExports)
        .set({ expiresAt: sql`now()` })
        .where(eq(accountExports.id, id)),
    )
    await expect(download(user, id)).rejects.toMatchObject({ reason: 'personal_data.export_not_found' })
    expect((await asUser(user).auth.personalData.exports()).items).toEqual([])
  })

  it('is written down when it is asked for and when it is taken', async () => {
    const user = await buildUser()
    await download(user, await make(user))
    const log = await database.lookup<{ action: string }>(
      'select action from audit_log where actor_id = $1 order by id',
      [user.id],
    )
    expect(log.map(({ action }) => action)).toEqual(['auth.personal_data_export', 'auth.personal_data_download'])
  })
})
