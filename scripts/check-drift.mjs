// Fails when the schema in packages/db says something that no migration in drizzle/ does.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

const ROOT = path.resolve(import.meta.dirname, '..')
// Below the root, so that the schema and its packages resolve as they do for `pnpm db:generate`.
const copy = fs.mkdtempSync(path.join(ROOT, 'node_modules', '.drift-'))
try {
  fs.cpSync(path.join(ROOT, 'drizzle'), path.join(copy, 'drizzle'), { recursive: true })
  const before = filesOf(copy)
  const config = {
    dialect: 'postgresql',
    schema: './packages/db/src/schema/all.ts',
    out: path.relative(ROOT, path.join(copy, 'drizzle')),
  }
  const configFile = path.join(copy, 'drizzle.config.json')
  fs.writeFileSync(configFile, JSON.stringify(config))

  const generate = spawnSync('drizzle-kit', ['generate', '--config', configFile, '--name', 'drift'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const added = filesOf(copy).filter((file) => file.endsWith('.sql') && !before.includes(file))
  if (generate.status !== 0 || !/No schema changes/.test(generate.stdout)) {
    console.error('The schema differs from the migrations; run `pnpm db:generate`. What is missing:')
    for (const file of added) console.error(fs.readFileSync(file, 'utf8'))
    if (added.length === 0) console.error(generate.stdout + generate.stderr)
    process.exitCode = 1
  }
} finally {
  fs.rmSync(copy, { recursive: true })
}

function filesOf(folder) {
  return fs.readdirSync(folder, { recursive: true }).map((name) => path.join(folder, name))
}
