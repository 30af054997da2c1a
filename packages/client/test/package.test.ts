import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)
const folderOf = (name: string) => path.dirname(require.resolve(`${name}/package.json`))

const SAMPLE = `
import { createServaiClient, ServaiError, type Inputs, type Outputs, type Reason } from '@servai/client'

const servai = createServaiClient({ url: 'https://servai.example.com', context: 'platform' })
const query: Inputs['property']['complexes']['list'] = { limit: 50, sort: 'name' }

export const names = async (): Promise<string[]> => {
  const account = await servai.signIn('me@example.com', 'a password')
  const page: Outputs['property']['complexes']['list'] = await servai.as(account.contexts[0]!.key).api.property.complexes.list.query(query)
  return page.items.map((complex) => complex.name)
}

export const reasonOf = (error: unknown): Reason | string => (error instanceof ServaiError ? error.reason : 'unknown')

// @ts-expect-error a field that the server does not know
servai.api.property.complexes.list.query({ colour: 'green' })
// @ts-expect-error a procedure that does not exist
servai.api.property.castles.list.query({})
`

const COMPILER = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  module: 'nodenext',
  target: 'es2022',
  lib: ['es2022', 'dom', 'dom.iterable', 'esnext.disposable'],
  types: [],
  noEmit: true,
}

describe('the published package', () => {
  let folder: string
  let tarball: string
  let installed: string

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(path.join(tmpdir(), 'servai-client-')))
    const { stdout } = await run('pnpm', ['pack', '--json', '--pack-destination', folder], { cwd: PACKAGE })
    tarball = (JSON.parse(stdout.slice(stdout.indexOf('{'))) as { filename: string }).filename
    const modules = path.join(folder, 'node_modules')
    installed = path.join(modules, '@servai/client')
    await mkdir(installed, { recursive: true })
    await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'])
    await mkdir(path.join(modules, '@trpc'))
    for (const name of ['@trpc/client', '@trpc/server']) await symlink(folderOf(name), path.join(modules, name))
  }, 60_000)
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('names no package of the server', async () => {
    const manifest = JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8')) as Record<string, unknown>
    expect(Object.keys(manifest['dependencies'] as object).sort()).toEqual(['@trpc/client', '@trpc/server'])
    for (const file of ['index.mjs', 'index.d.mts', 'router.d.mts']) {
      const text = await readFile(path.join(installed, 'dist', file), 'utf8')
      const imported = [...text.matchAll(/(?:from|import\()\s*["']([^"']+)["']/g)].map(([, name]) => name)
      for (const name of imported) expect(name).toMatch(/^(@trpc\/(client|server)(\/observable)?|\.\/router\.mjs)$/)
    }
  })

  it('type-checks in a strict project outside of the repository, declarations included', async () => {
    await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }')
    await writeFile(path.join(folder, 'sample.ts'), SAMPLE)
    await writeFile(
      path.join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: COMPILER, files: ['sample.ts'] }),
    )
    const compiler = path.join(folderOf('typescript'), 'bin/tsc')
    const { stdout } = await run(process.execPath, [compiler, '-p', folder]).catch((error: { stdout: string }) => error)
    expect(stdout).toBe('')
  }, 60_000)

  it('runs in plain Node', async () => {
    const code = `import { createServaiClient } from '@servai/client'
      const servai = createServaiClient({ url: 'http://127.0.0.1:1' })
      await servai.signIn('a@b.example', 'c').catch((error) => console.log(error.name, error.reason, error.status))`
    await writeFile(path.join(folder, 'run.mjs'), code)
    const { stdout } = await run(process.execPath, [path.join(folder, 'run.mjs')])
    expect(stdout.trim()).toBe('ServaiError client.unreachable 0')
  })

  it('is published as tools expect it', async () => {
    const { messages, pkg } = await publint({ pkgDir: installed, strict: true })
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
    const attw = require.resolve('@arethetypeswrong/cli/package.json').replace('package.json', 'dist/index.js')
    // Ends with 1, and so rejects, where a way of importing leads to wrong types.
    await run(process.execPath, [attw, tarball, '--profile', 'esm-only'])
  }, 60_000)
})
