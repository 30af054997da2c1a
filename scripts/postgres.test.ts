import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import postgres from 'postgres'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startPostgres } from './postgres.mjs'

const VOLATILE = { fsync: 'off' }
const LAUNCHER = `
  import { startPostgres } from ${JSON.stringify(path.resolve(import.meta.dirname, 'postgres.mjs'))}
  const { adminUrl } = await startPostgres({ dataDir: process.argv[1], settings: ${JSON.stringify(VOLATILE)} })
  console.log(adminUrl)
  setInterval(() => {}, 1000)`

let dataDir: string
const launchers: ChildProcess[] = []

beforeEach(() => {
  dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'servai-postgres-'))
})
afterEach(async () => {
  for (const launcher of launchers.splice(0)) launcher.kill('SIGKILL')
  const last = await start().catch(() => undefined)
  await last?.stop()
  fs.rmSync(dataDir, { recursive: true })
})

const start = () => startPostgres({ dataDir, settings: VOLATILE })

/** Another process that starts PostgreSQL on the same folder. */
const launchElsewhere = async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', LAUNCHER, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  launchers.push(child)
  const [adminUrl] = await once(child.stdout, 'data')
  return { child, adminUrl: String(adminUrl).trim() }
}

const query = async (url: string, text: string) => {
  const sql = postgres(url, { max: 1 })
  try {
    return [...(await sql.unsafe(text))]
  } finally {
    await sql.end()
  }
}

const occupy = async (port: number) => {
  const server = net.createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

describe('embedded PostgreSQL', () => {
  it('keeps data, port and password from one start to the next', async () => {
    const first = await start()
    await query(first.adminUrl, 'create table kept as select 7 as n')
    await first.stop()
    const second = await start()
    expect(second.adminUrl).toBe(first.adminUrl)
    expect(await query(second.adminUrl, 'select n from kept')).toEqual([{ n: 7 }])
    await second.stop()
  })

  it('lets nobody in without the password, and listens on this machine alone', async () => {
    const server = await start()
    const stranger = Object.assign(new URL(server.adminUrl), { password: 'guess' }).href
    await expect(query(stranger, 'select 1')).rejects.toMatchObject({ code: '28P01' })
    expect(await query(server.adminUrl, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }])
    expect(fs.statSync(path.join(dataDir, 'postgres.json')).mode & 0o777).toBe(0o600)
    await server.stop()
  })

  it('knows Cyrillic letters, for case and for similarity', async () => {
    const server = await start()
    await query(server.adminUrl, 'create extension pg_trgm')
    const asked = `select upper('дом ё') as upper, cardinality(show_trgm('Вход')) as trigrams`
    expect(await query(server.adminUrl, asked)).toEqual([{ upper: 'ДОМ Ё', trigrams: 5 }])
    await server.stop()
  })

  it('takes over from a server whose launcher was killed', async () => {
    const { child, adminUrl } = await launchElsewhere()
    await query(adminUrl, 'create table kept as select 7 as n')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const server = await start()
    expect(await query(server.adminUrl, 'select n from kept')).toEqual([{ n: 7 }])
    await server.stop()
  })

  it('refuses a folder that another launcher holds, and leaves that one alone', async () => {
    const { child, adminUrl } = await launchElsewhere()
    await expect(start()).rejects.toThrow(`servAI already runs on ${dataDir} (process ${child.pid}): stop it first.`)
    expect(await query(adminUrl, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('moves to another port when its own is taken', async () => {
    const first = await start()
    await first.stop()
    const occupier = await occupy(first.port)
    const second = await start()
    expect(second.port).not.toBe(first.port)
    await second.stop()
    occupier.close()
  })

  it('does not mistake a stranger with the number of its last process for itself', async () => {
    const first = await start()
    await first.stop()
    const pidFile = path.join(first.cluster, 'postmaster.pid')
    fs.writeFileSync(pidFile, `${process.pid}\n${first.cluster}\n`)
    fs.chownSync(pidFile, fs.statSync(first.cluster).uid, fs.statSync(first.cluster).gid)
    const second = await start()
    expect(await query(second.adminUrl, 'select 1 as one')).toEqual([{ one: 1 }])
    await second.stop()
  })

  it.each<[string, (cluster: string) => void, RegExp]>([
    [
      'of another version',
      (cluster) => fs.writeFileSync(path.join(cluster, 'PG_VERSION'), '15\n'),
      /was written by PostgreSQL 15, servAI brings 18/,
    ],
    ['without a version', (cluster) => fs.rmSync(path.join(cluster, 'PG_VERSION')), /holds no PostgreSQL cluster/],
    [
      'without its control file',
      (cluster) => fs.rmSync(path.join(cluster, 'global/pg_control')),
      /does not start on .*pg_control/,
    ],
    ['without its password', () => fs.rmSync(path.join(dataDir, 'postgres.json')), /the password of .* is missing/],
    [
      'with an unreadable password',
      () => fs.writeFileSync(path.join(dataDir, 'postgres.json'), '{'),
      /is not readable/,
    ],
  ])('names a cluster %s in one sentence', async (_, spoil, sentence) => {
    const server = await start()
    await server.stop()
    spoil(server.cluster)
    await expect(start()).rejects.toThrow(sentence)
  })
})
