// A slice, and an entity inside one, holds a closed set of files; what does not fit belongs elsewhere.
import fs from 'node:fs'
import path from 'node:path'

const ALLOWED_FILES = /^(policy|service|router|jobs)\.ts$|^[a-z-]+\.test\.ts$/
/** A slice may be cut into entities, no deeper. Readers and writers of files stand in a folder of their own. */
const FREE_FOLDERS = ['import', 'export']
const MAX_DEPTH = 2

/** @returns {string[]} paths below `root` that no slice may hold */
export const misplaced = (root, depth = 0) =>
  fs.readdirSync(root, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(root, entry.name)
    if (!entry.isDirectory()) return depth === 0 || ALLOWED_FILES.test(entry.name) ? [] : [file]
    if (FREE_FOLDERS.includes(entry.name) && depth > 0) return []
    return depth < MAX_DEPTH ? misplaced(file, depth + 1) : [file]
  })

if (process.argv[1] === import.meta.filename) {
  const found = misplaced('packages/api/src')
  for (const file of found) console.error(`${file}: a slice holds policy, service, router, jobs and tests only`)
  process.exitCode = found.length > 0 ? 1 : 0
}
