import { defineConfig } from 'tsdown'

/** Workspace packages are bundled in, npm packages stay in node_modules. */
export default defineConfig({
  entry: ['src/main.ts'],
  outDir: 'dist',
  format: 'esm',
  platform: 'node',
  target: 'node22.18',
  sourcemap: true,
  dts: false,
  outExtensions: () => ({ js: '.mjs' }),
  deps: { alwaysBundle: [/^@servai\//], onlyBundle: [] },
})
