import { setTimeout as sleep } from 'node:timers/promises'
import { DomainError } from '@servai/api/errors'
import { enforce } from '@servai/api/limits'
import { publicProcedure, router, sessionProcedure } from '@servai/api/trpc'
import { done } from '@servai/contract/fields'
import { z } from 'zod'

const echoInput = z.strictObject({
  text: z.string().max(100).default(''),
  count: z.number().optional(),
  flag: z.boolean().optional(),
  tags: z.array(z.string()).optional(),
  nested: z.unknown().optional(),
})
const echoOutput = z.strictObject({ echoed: z.unknown(), address: z.string(), calls: z.number() })

/** Procedures that do nothing but show what the transport made of a request. */
export const probeRouter = router({
  probe: router({
    get: publicProcedure
      .meta({ rest: { method: 'GET', path: '/probe' }, summary: 'Echo of a query' })
      .input(echoInput)
      .output(echoOutput)
      .query(({ input, ctx }) => ({ echoed: input, address: ctx.address, calls: ctx.calls })),
    none: publicProcedure
      .meta({ rest: { method: 'GET', path: '/probe/none' } })
      .output(done)
      .query(() => ({ ok: true as const })),
    set: publicProcedure
      .meta({ rest: { method: 'POST', path: '/probe' } })
      .input(echoInput)
      .output(echoOutput)
      .mutation(({ input, ctx }) => ({ echoed: input, address: ctx.address, calls: ctx.calls })),
    create: publicProcedure
      .meta({ rest: { method: 'POST', path: '/probe/items' } })
      .input(z.strictObject({ name: z.string() }))
      .output(z.strictObject({ name: z.string() }))
      .mutation(({ input }) => input),
    change: publicProcedure
      .meta({ rest: { method: 'PATCH', path: '/probe/items/{id}' } })
      .input(z.strictObject({ id: z.uuid(), version: z.int(), name: z.string().optional() }))
      .output(z.strictObject({ id: z.uuid(), version: z.int() }))
      .mutation(({ input: { id, version } }) => ({ id, version })),
    remove: publicProcedure
      .meta({ rest: { method: 'DELETE', path: '/probe/items/{id}' } })
      .input(z.strictObject({ id: z.uuid(), version: z.int().optional() }))
      .output(done)
      .mutation(() => ({ ok: true as const })),
    signIn: publicProcedure
      .meta({ rest: { method: 'POST', path: '/probe/sign-in' }, alone: true })
      .input(z.strictObject({ token: z.string() }))
      .output(done)
      .mutation(({ input, ctx }) => {
        ctx.refreshCookie.write(input.token, 60)
        return { ok: true as const }
      }),
    cookie: publicProcedure
      .meta({ rest: { method: 'POST', path: '/probe/cookie' } })
      .input(z.strictObject({}).optional())
      .output(z.strictObject({ token: z.string().nullable() }))
      .mutation(({ ctx }) => ({ token: ctx.refreshCookie.read() })),
    remember: publicProcedure
      .meta({ rest: { method: 'POST', path: '/probe/remember' }, alone: true })
      .input(z.strictObject({ device: z.string() }))
      .output(z.strictObject({ before: z.string().nullable() }))
      .mutation(({ input, ctx }) => {
        const before = ctx.deviceCookie.read()
        ctx.refreshCookie.write('T0ken', 60)
        ctx.deviceCookie.write(input.device, 120)
        return { before }
      }),
    refuse: publicProcedure
      .meta({ rest: { method: 'POST', path: '/probe/refuse' } })
      .input(z.strictObject({}).optional())
      .output(done)
      .mutation(() => {
        throw new DomainError('limited', 'request.rate_limited', { retryAfterSeconds: 7 })
      }),
    limited: publicProcedure
      .meta({ rest: { method: 'POST', path: '/probe/limited' } })
      .input(z.strictObject({ text: z.string() }))
      .output(done)
      .mutation(async ({ ctx, input }) => {
        await enforce(ctx.services, { reset_submit: input.text })
        return { ok: true as const }
      }),
    crash: publicProcedure
      .meta({ rest: { method: 'GET', path: '/probe/crash' } })
      .output(done)
      .query(() => {
        throw new Error('select secret_column from hidden_table')
      }),
    slow: publicProcedure
      .meta({ rest: { method: 'GET', path: '/probe/slow' } })
      .output(done)
      .query(async () => {
        await sleep(1_500)
        return { ok: true as const }
      }),
    database: publicProcedure
      .meta({ rest: { method: 'GET', path: '/probe/database' } })
      .output(z.strictObject({ one: z.number() }))
      .query(async ({ ctx }) => {
        const [row] = await ctx.services.database.lookup<{ one: number }>('select 1 as one', [])
        return { one: row?.one ?? 0 }
      }),
    transaction: publicProcedure
      .meta({ rest: { method: 'POST', path: '/probe/transaction' } })
      .input(z.strictObject({}).optional())
      .output(done)
      .mutation(async ({ ctx }) => {
        await ctx.services.database.system({ requestId: ctx.requestId }, 'write', (db) => db.execute('select 1'))
        return { ok: true as const }
      }),
    hold: publicProcedure
      .meta({ rest: { method: 'POST', path: '/probe/hold' } })
      .input(z.strictObject({}).optional())
      .output(done)
      .mutation(async ({ ctx }) => {
        await ctx.services.database.system({}, 'write', (db) => db.execute('select pg_sleep(1.5)'))
        return { ok: true as const }
      }),
    private: sessionProcedure
      .meta({ rest: { method: 'GET', path: '/probe/private' } })
      .output(done)
      .query(() => ({ ok: true as const })),
    ticks: publicProcedure.meta({ rest: null }).subscription(async function* () {
      yield 1
      yield 2
    }),
  }),
})
