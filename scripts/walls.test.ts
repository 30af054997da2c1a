import { execFile } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = path.resolve(import.meta.dirname, '..')
const tree = fs.mkdtempSync(path.join(os.tmpdir(), 'servai-walls-'))

const packageJson = (name: string, exports: object) => JSON.stringify({ name, type: 'module', exports })
const npmPackages = ['postgres', 'drizzle-orm', 'ioredis', '@trpc/server']
const workspace = {
  api: { './*': './src/*.ts' },
  db: { './schema/*': './src/schema/*.ts', './*': './src/*.ts' },
  client: { './*': './src/*.ts' },
  contract: { './*': './src/*.ts' },
}

/** A small product that keeps every rule ... */
const lawful = {
  'packages/db/src/schema/units.ts': `import { sql } from 'drizzle-orm'; export const units = sql`,
  'packages/db/src/index.ts': `import postgres from 'postgres'; export const pool = postgres; export type Db = typeof pool`,
  'packages/contract/src/units.ts': `import { units } from '@servai/db/schema/units'; export const input = units`,
  'packages/api/src/errors.ts': 'export class DomainError extends Error {}',
  'packages/api/src/trpc.ts': `import { initTRPC } from '@trpc/server'; export const t = initTRPC`,
  'packages/api/src/units/policy.ts': `import { eq } from 'drizzle-orm'; export const visible = eq`,
  'packages/api/src/units/service.ts': `import type { Db } from '@servai/db/index'; import { visible } from './policy.ts'; import { DomainError } from '../errors.ts'; export const list = (db: Db) => [db, visible, DomainError]`,
  'packages/api/src/units/router.ts': `import { t } from '../trpc.ts'; import { list } from './service.ts'; export const router = [t, list]`,
  'packages/api/src/units/units.test.ts': `import postgres from 'postgres'; import '../tickets/policy.ts'; export const sql = postgres`,
  'packages/api/src/tickets/policy.ts': 'export const allowed = []',
  'packages/api/src/tickets/service.ts': `import { list } from '../units/service.ts'; export const tickets = list`,
  'packages/api/src/property/policy.ts': 'export const roles = []',
  'packages/api/src/property/complexes/policy.ts': `import { roles } from '../policy.ts'; export const mine = roles`,
  'packages/api/src/root.ts': `import { router } from './units/router.ts'; export const root = router; export type Root = typeof root`,
  'packages/client/src/client.ts': `import type { Root } from '@servai/api/root'; export const client = {} as Root`,
  'apps/web/src/App.vue': `<script setup lang="ts">import { client } from '@servai/client/client'; import { input } from '@servai/contract/units'; client; input</script><template><div /></template>`,
  'apps/server/src/main.ts': `import { root } from '@servai/api/root'; import { pool } from '@servai/db/index'; export default [root, pool]`,
}

/** ... and files that each break one. `web/detour.ts` holds the only import of the server; `Detour.vue` reaches it. */
const planted = {
  'apps/web/src/Direct.vue': `<script setup lang="ts">import { pool } from '@servai/db/index'; pool</script><template><div /></template>`,
  'apps/web/src/Detour.vue': `<script setup lang="ts">import { far } from './detour.ts'; far</script><template><div /></template>`,
  'apps/web/src/detour.ts': `import { root } from '@servai/api/root'; export const far = root`,
  'packages/contract/src/files.ts': `import fs from 'node:fs'; export const files = fs`,
  'packages/api/src/news/service.ts': `import { t } from '../trpc.ts'; import Redis from 'ioredis'; export const news = [t, Redis]`,
  'packages/api/src/news/router.ts': `import { eq } from 'drizzle-orm'; export const newsRouter = eq`,
  'packages/api/src/polls/service.ts': `import { visible } from '../units/policy.ts'; export const polls = visible`,
  'packages/api/src/property/buildings/service.ts': `import { mine } from '../complexes/policy.ts'; export const buildings = mine`,
  'packages/api/src/passes/service.ts': `import { pool } from '@servai/db/index'; export const passes = pool`,
  'packages/api/src/circle-a.ts': `import { b } from './circle-b.ts'; export const a = () => b`,
  'packages/api/src/circle-b.ts': `import { a } from './circle-a.ts'; export const b = () => a`,
}

type Violation = { rule: { name: string }; from: string; to: string }
let violations: string[][] = []

beforeAll(async () => {
  const write = (file: string, text: string) => {
    fs.mkdirSync(path.dirname(path.join(tree, file)), { recursive: true })
    fs.writeFileSync(path.join(tree, file), text)
  }
  for (const [file, text] of Object.entries({ ...lawful, ...planted })) write(file, text)
  for (const name of npmPackages) {
    write(`node_modules/${name}/package.json`, packageJson(name, { '.': './index.js' }))
    write(`node_modules/${name}/index.js`, 'export default {}')
  }
  fs.mkdirSync(path.join(tree, 'node_modules/@servai'))
  for (const [name, exports] of Object.entries(workspace)) {
    write(`packages/${name}/package.json`, packageJson(`@servai/${name}`, exports))
    fs.symlinkSync(`../../packages/${name}`, path.join(tree, 'node_modules/@servai', name))
  }
  fs.copyFileSync(path.join(ROOT, 'tsconfig.json'), path.join(tree, 'tsconfig.json'))

  const args = ['apps', 'packages', '--config', path.join(ROOT, '.dependency-cruiser.mjs'), '--output-type', 'json']
  const depcruise = path.join(ROOT, 'node_modules/.bin/depcruise')
  const { stdout } = await promisify(execFile)(depcruise, args, { cwd: tree, maxBuffer: 50_000_000 })
  const found = JSON.parse(stdout).summary.violations as Violation[]
  violations = found.map(({ rule, from, to }) => [rule.name, from, to])
})

afterAll(() => fs.rmSync(tree, { recursive: true }))

const of = (rule: string) => violations.filter(([name]) => name === rule).map(([, from, to]) => `${from} -> ${to}`)

describe('import walls', () => {
  it('keep the server out of the browser, also by a detour and from a component', () => {
    const reached = of('browser-never-reaches-the-server')
    expect(reached).toContain('apps/web/src/Direct.vue -> packages/db/src/index.ts')
    expect(reached).toContain('apps/web/src/Detour.vue -> packages/api/src/root.ts')
    expect(reached).toContain('apps/web/src/detour.ts -> packages/api/src/root.ts')
  })

  it('keep node: modules out of what a browser loads', () => {
    expect(of('browser-knows-no-node')).toEqual(['packages/contract/src/files.ts -> fs'])
  })

  it('keep transport out of services', () => {
    expect(of('services-know-no-transport').toSorted()).toEqual([
      'packages/api/src/news/service.ts -> node_modules/ioredis/index.js',
      'packages/api/src/news/service.ts -> packages/api/src/trpc.ts',
    ])
  })

  it('keep SQL in services, policies and packages/db', () => {
    expect(of('sql-lives-in-slices')).toEqual(['packages/api/src/news/router.ts -> node_modules/drizzle-orm/index.js'])
  })

  it('let slices meet at the service only', () => {
    expect(of('slices-meet-at-the-service')).toEqual([
      'packages/api/src/polls/service.ts -> packages/api/src/units/policy.ts',
    ])
  })

  it('let entities of the registry meet at the service only', () => {
    expect(of('entities-meet-at-the-service')).toEqual([
      'packages/api/src/property/buildings/service.ts -> packages/api/src/property/complexes/policy.ts',
    ])
  })

  it('keep the raw pool out of slices', () => {
    expect(of('raw-pool-only-at-the-edge')).toEqual(['packages/api/src/passes/service.ts -> packages/db/src/index.ts'])
  })

  it('allow no cycle', () => {
    expect(of('no-cycles')).toEqual(['packages/api/src/circle-a.ts -> packages/api/src/circle-b.ts'])
  })

  it('accuse nobody who keeps the rules', () => {
    const accused = new Set(violations.map(([, from]) => from))
    expect(Object.keys(lawful).filter((file) => accused.has(file))).toEqual([])
  })
})
