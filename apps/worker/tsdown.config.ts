import { defineConfig } from 'tsdown'

/** Workspace packages are bundled in, npm packages stay in node_modules. */
export default defineConfig({
  entry: {
    main: 'src/main.ts',
    cleanup: 'src/cleanup.ts',
    'audit-verify': 'src/audit-verify.ts',
    'import-reader': '../../packages/api/src/property/import/reader-thread.ts',
  },
  outDir: 'dist',
  format: 'esm',
  platform: 'node',
  target: 'node22.18',
  sourcemap: true,
  dts: false,
  outExtensions: () => ({ js: '.mjs' }),
  deps: { alwaysBundle: [/^@servai\//], onlyBundle: [] },
})
