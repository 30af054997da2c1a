import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { SERVER_HEAP } from './heap.mjs'

it('gives the server of the image the same heap as that of npm start and of the benchmark', () => {
  const dockerfile = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8')
  const command = ['node', ...SERVER_HEAP, 'apps/server/dist/main.mjs'].map((word) => `"${word}"`).join(', ')
  expect(dockerfile).toContain(`\nCMD [${command}]\n`)
})
