import fs from 'node:fs'
import { defineConfig } from 'vitest/config'

const node = {
  test: {
    name: 'node',
    include: [
      'packages/*/{src,test}/**/*.test.ts',
      'apps/{server,worker}/{src,test}/**/*.test.ts',
      'scripts/**/*.test.ts',
      'examples/**/*.test.ts',
    ],
    globalSetup: ['scripts/test/global-setup.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
}

/** Browser journeys: one product and one browser for all of them, so one after the other. */
const e2e = {
  test: {
    name: 'e2e',
    include: ['e2e/**/*.test.ts'],
    globalSetup: fs.existsSync('e2e/global-setup.ts') ? ['e2e/global-setup.ts'] : [],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    sequence: { groupOrder: 1 },
  },
}

const web = fs.existsSync('apps/web/vitest.config.ts') ? ['apps/web/vitest.config.ts'] : []

export default defineConfig({ test: { projects: [node, ...web, e2e], passWithNoTests: true } })
