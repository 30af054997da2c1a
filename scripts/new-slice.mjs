// `pnpm new:slice meters` writes the files of a slice and names it where slices are listed.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

const [plural, singular = plural?.replace(/s$/, '')] = process.argv.slice(2)
if (!/^[a-z]+$/.test(plural ?? '') || !/^[a-z]+$/.test(singular)) {
  console.error('Usage: pnpm new:slice <plural> [singular], e.g. pnpm new:slice meters; lower-case letters only')
  process.exit(1)
}
const Singular = singular[0].toUpperCase() + singular.slice(1)
const reason = `${plural}.${singular}_not_found`

const files = {
  [`packages/db/src/schema/${plural}.ts`]: `import { pgTable, pgView, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { active, companyColumns, isolate } from './tenancy.ts'

export const ${plural} = pgTable('${plural}', { ...companyColumns, name: text('name').notNull() }, (t) => [
  ...isolate(t),
  uniqueIndex('${plural}_name').on(t.companyId, t.name).where(active(t)),
])

export const ${plural}Active = pgView('${plural}_active')
  .with({ securityInvoker: true })
  .as((db) => db.select().from(${plural}).where(active(${plural})))
`,
  [`packages/contract/src/${plural}.ts`]: `import { z } from 'zod'
import { id, line, version } from './fields.ts'

export const ${singular} = z.strictObject({ id, version, name: z.string(), allowed: z.array(z.enum(['update'])) })

export const create${Singular}Input = z.strictObject({ name: line(200) })
`,
  [`packages/api/src/${plural}/policy.ts`]: `import type { Role } from '@servai/contract/roles'
import type { Actor } from '../actor.ts'

export const ACCESS = {
  read: ['director', 'complex_manager'],
  edit: ['director'],
} as const satisfies Record<string, readonly Role[]>

export const mayUpdate = (actor: Actor) => actor.kind === 'staff'

export const allowedActions = (actor: Actor) => (mayUpdate(actor) ? (['update'] as const) : [])
`,
  [`packages/api/src/${plural}/service.ts`]: `import type { create${Singular}Input, ${singular} } from '@servai/contract/${plural}'
import { ${plural} } from '@servai/db/schema/${plural}'
import { and, eq, isNull } from 'drizzle-orm'
import type { z } from 'zod'
import type { Ctx } from '../context.ts'
import { DomainError } from '../errors.ts'
import { allowedActions } from './policy.ts'

type Output = z.input<typeof ${singular}>

/** @throws not_found ${reason} */
export const get${Singular} = async (ctx: Ctx, { id }: { id: string }): Promise<Output> => {
  const [row] = await ctx.db
    .select({ id: ${plural}.id, version: ${plural}.version, name: ${plural}.name })
    .from(${plural})
    .where(and(eq(${plural}.id, id), isNull(${plural}.deletedAt)))
  if (!row) throw new DomainError('not_found', '${reason}')
  return { ...row, allowed: [...allowedActions(ctx.actor)] }
}

export const create${Singular} = async (ctx: Ctx, input: z.output<typeof create${Singular}Input>) => {
  const [created] = await ctx.db.insert(${plural}).values({ name: input.name }).returning({ id: ${plural}.id })
  return get${Singular}(ctx, created!)
}
`,
  [`packages/api/src/${plural}/router.ts`]: `import { idInput } from '@servai/contract/fields'
import { create${Singular}Input, ${singular} } from '@servai/contract/${plural}'
import { companyProcedure, router } from '../trpc.ts'
import { ACCESS } from './policy.ts'
import { create${Singular}, get${Singular} } from './service.ts'

export const ${plural}Router = router({
  get: companyProcedure
    .meta({ access: ACCESS.read, rest: { method: 'GET', path: '/${plural}/{id}' }, summary: 'One ${singular}' })
    .input(idInput)
    .output(${singular})
    .query(({ ctx, input }) => get${Singular}(ctx, input)),
  create: companyProcedure
    .meta({ access: ACCESS.edit, rest: { method: 'POST', path: '/${plural}' }, summary: 'Add a ${singular}' })
    .input(create${Singular}Input)
    .output(${singular})
    .mutation(({ ctx, input }) => create${Singular}(ctx, input)),
})
`,
  [`packages/api/src/${plural}/${plural}.test.ts`]: `import { buildCompany } from '@servai/db/test/factories'
import { expect, it } from 'vitest'
import { as, refusal } from '../../test/callers.ts'

it('hides a ${singular} from another company', async () => {
  const [home, other] = [await buildCompany(), await buildCompany()]
  const { id } = await as(home, 'director').${plural}.create({ name: 'First' })
  expect((await as(home, 'director').${plural}.get({ id })).name).toBe('First')
  await expect(as(other, 'director').${plural}.get({ id })).rejects.toMatchObject(refusal('NOT_FOUND', '${reason}'))
})
`,
}

/** Files that list every slice: the new line, and what it stands in front of. */
const lists = [
  ['packages/db/src/schema/all.ts', `export * from './${plural}.ts'\n`, /$/],
  [
    'packages/contract/src/reasons.ts',
    `  '${reason}': 'There is no such ${singular}',\n`,
    /(?<=^export const REASON_TEXTS = \{\n)/m,
  ],
  ['packages/api/src/root.ts', `import { ${plural}Router } from './${plural}/router.ts'\n`, /^import .*trpc/m],
  ['packages/api/src/root.ts', `  ${plural}: ${plural}Router,\n`, /(?<=^export const appRouter = router\(\{\n)/m],
]

const existing = Object.keys(files).filter((file) => fs.existsSync(file))
if (existing.length > 0) {
  console.error(`${existing.join(', ')}: there already`)
  process.exit(1)
}
for (const [file, text] of Object.entries(files)) {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, text)
}
for (const [file, line, before] of lists) {
  fs.writeFileSync(
    file,
    fs.readFileSync(file, 'utf8').replace(before, (found) => line + found),
  )
}
spawnSync('oxfmt', Object.keys(files), { stdio: 'inherit' })
console.log(`Written:\n${Object.keys(files)
  .map((file) => `  ${file}`)
  .join('\n')}
Next: say in the schema what a ${singular} is; pnpm db:generate, and in a custom migration its grants, FORCE ROW LEVEL
SECURITY, touch and audit triggers (drizzle/0002_walls.sql shows them); the text of ${reason} in every locale; pnpm verify.`)
