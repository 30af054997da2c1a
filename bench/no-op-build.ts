import { fileURLToPath } from 'node:url'
import { build } from 'tsdown'
import server from '../apps/server/tsdown.config.ts'

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** Bundles the no-op server exactly as the product is, and beside it, where migrations and packages are found; its path. */
export const buildNoOp = async () => {
  await build({
    ...server,
    config: false,
    cwd: file('../apps/server'),
    entry: { 'no-op-server': file('no-op-server.ts') },
    clean: false,
    logLevel: 'warn',
  })
  return file('../apps/server/dist/no-op-server.mjs')
}
