import { defineConfig } from 'tsdown'

const SPREAD_FOR_OLD_ENGINES = /function _objectSpread2\(e\) \{[\s\S]*?\n\}/

/**
 * tRPC is published with object spread spelled out for old engines; it spreads a dozen times a call. The engine's own
 * way takes a third off the cost of one (docs/adr/0012-http-adapter.md).
 */
const nativeSpread = () => {
  let isFound = false
  return {
    name: 'native-object-spread',
    transform: (code: string, id: string) => {
      if (!id.includes('@trpc') || !SPREAD_FOR_OLD_ENGINES.test(code)) return undefined
      isFound = true
      return {
        code: code.replace(
          SPREAD_FOR_OLD_ENGINES,
          'function _objectSpread2(target, ...sources) { return Object.assign(target, ...sources) }',
        ),
        map: null,
      }
    },
    buildEnd: () => {
      if (!isFound) throw new Error('@trpc/server has no _objectSpread2 any more: this plugin can go')
    },
  }
}

/** Workspace packages and tRPC are bundled in, other npm packages stay in node_modules. */
export default defineConfig({
  entry: { main: 'src/main.ts', keys: 'src/keys/main.ts' },
  outDir: 'dist',
  format: 'esm',
  platform: 'node',
  target: 'node22.18',
  sourcemap: true,
  dts: false,
  outExtensions: () => ({ js: '.mjs' }),
  plugins: [nativeSpread()],
  deps: { alwaysBundle: [/^@servai\//, /^@trpc\/server/], onlyBundle: ['@trpc/server'] },
})
