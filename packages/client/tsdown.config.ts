import { mkdirSync, writeFileSync } from 'node:fs'
import { defineConfig } from 'tsdown'
import { declareRouter } from './declarations.ts'

/** The router's types are written beside the bundle, which names them as a file of their own. */
const router = {
  name: 'declared-router',
  resolveId: {
    order: 'pre',
    handler: (id: string) => (/^\.\/router\.[jt]s$/.test(id) ? { id: './router.mjs', external: true } : undefined),
  },
} as const

export default defineConfig({
  entry: 'src/index.ts',
  outDir: 'dist',
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  dts: true,
  outExtensions: () => ({ js: '.mjs', dts: '.d.mts' }),
  plugins: [router],
  hooks: {
    'build:done': () => {
      mkdirSync('dist', { recursive: true })
      writeFileSync('dist/router.d.mts', declareRouter())
    },
  },
})
