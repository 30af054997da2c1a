import path from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Plugin, Rolldown } from 'vite'

/** `modules`: what the first load of a page needs beyond the entry, as paths below the root. */
export type Budget = { name: string; limitKb: number; modules: string[] }

type Chunk = Rolldown.OutputChunk

const closure = (chunks: ReadonlyMap<string, Chunk>, start: readonly Chunk[]) => {
  const reached = new Set<Chunk>()
  const visit = (chunk: Chunk | undefined) => {
    if (!chunk || reached.has(chunk)) return
    reached.add(chunk)
    chunk.imports.forEach((file) => visit(chunks.get(file)))
  }
  start.forEach(visit)
  return reached
}

/** Fails the build when the JavaScript of a first load, gzipped, exceeds its limit (1 KB = 1000 bytes). */
export const budget = (budgets: readonly Budget[]): Plugin => {
  let root = ''
  return {
    name: 'servai:budget',
    apply: 'build',
    configResolved(config) {
      root = config.root
    },
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const chunks = new Map(
          Object.values(bundle).flatMap((output) => (output.type === 'chunk' ? [[output.fileName, output]] : [])),
        )
        const all = [...chunks.values()]
        const size = new Map(all.map((chunk) => [chunk, gzipSync(chunk.code, { level: 9 }).length]))
        const holderOf = (module: string) => {
          const id = path.join(root, module)
          return all.find((chunk) => chunk.facadeModuleId === id) ?? all.find((chunk) => chunk.moduleIds.includes(id))
        }
        for (const { name, limitKb, modules } of budgets) {
          const missing = modules.filter((module) => !holderOf(module))
          if (missing.length > 0)
            this.error(`First load of the ${name}: ${missing.join(', ')} is not part of the build`)
          const start = [
            ...all.filter((chunk) => chunk.isEntry),
            ...modules.flatMap((module) => holderOf(module) ?? []),
          ]
          const bytes = [...closure(chunks, start)].reduce((sum, chunk) => sum + (size.get(chunk) ?? 0), 0)
          const message = `First load of the ${name}: ${(bytes / 1000).toFixed(1)} KB of JavaScript gzipped, limit ${limitKb} KB`
          if (bytes > limitKb * 1000) this.error(message)
          this.info(message)
        }
      },
    },
  }
}
