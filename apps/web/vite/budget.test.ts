import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { build } from 'vite'
import { budget } from './budget.ts'

let root: string
const noise = (kb: number) =>
  Array.from({ length: kb * 1000 }, () => Math.floor(Math.random() * 36).toString(36)).join('')

beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'budget-'))
  writeFileSync(path.join(root, 'index.html'), '<script type="module" src="/main.ts"></script>')
  writeFileSync(path.join(root, 'main.ts'), `import './shared.ts'; document.onclick = () => import('./page.ts')`)
  writeFileSync(path.join(root, 'shared.ts'), `console.log('${noise(10)}')`)
  writeFileSync(path.join(root, 'page.ts'), `console.log('${noise(20)}')`)
})
afterAll(() => rmSync(root, { recursive: true }))

const buildWithin = (limitKb: number, modules: string[]) =>
  build({
    root,
    configFile: false,
    logLevel: 'silent',
    build: { write: false },
    plugins: [budget([{ name: 'page', limitKb, modules }])],
  })

it('lets a first load pass that is within its limit', async () => {
  await expect(buildWithin(40, ['page.ts'])).resolves.toBeDefined()
})

it('counts the entry and the page together', async () => {
  await expect(buildWithin(15, ['page.ts'])).rejects.toThrow(/First load of the page: \d+\.\d KB .*, limit 15 KB/)
  await expect(buildWithin(15, [])).resolves.toBeDefined()
})

it('fails when a page it should watch is gone', async () => {
  await expect(buildWithin(40, ['gone.ts'])).rejects.toThrow('gone.ts is not part of the build')
})
