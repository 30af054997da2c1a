import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { useInstance } from '../../test/instance.ts'
import { probeRouter } from '../../test/router.ts'
import { send } from '../../test/send.ts'

const SEEDS = [
  'http_requests_total',
  'http_requests_errors_total',
  'http_request_duration_seconds',
  'database_queries_total',
  'database_errors_total',
  'database_query_duration_seconds',
  'invites_created_total',
  'invites_accepted_total',
  'residents_created_total',
  'auth_login_attempts_total',
  'auth_login_failures_total',
  'password_reset_requests_total',
  'email_verification_sent_total',
  'rate_limit_exceeded_total',
  'process_heap_bytes',
  'process_rss_bytes',
  'process_uptime_seconds',
]

const value = (text: string, series: string) => {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

describe('/metrics', () => {
  it('offers every metric of the seeds', async () => {
    const { url } = await useInstance({ router: probeRouter })
    const { text, headers } = await send(`${url}/metrics`)
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(SEEDS.filter((name) => !text.includes(`# TYPE ${name} `))).toEqual([])
  })

  it('counts requests by method, route and status, queries by pool', async () => {
    const { url } = await useInstance({ router: probeRouter })
    const metrics = async () => (await send(`${url}/metrics`)).text
    const before = await metrics()
    await send(`${url}/trpc/probe.database`)
    await send(`${url}/api/v1/probe/database`)
    await send(`${url}/trpc/probe.refuse`, { json: {} })
    await send(`${url}/trpc/wp-login.php`)
    await send(`${url}/random-${Math.random()}.txt`)
    const after = await metrics()
    expect(value(after, 'http_requests_total{method="GET",route="probe.database",status="200"}')).toBe(1)
    expect(value(after, 'http_requests_total{method="GET",route="/api/v1/probe/database",status="200"}')).toBe(1)
    expect(value(after, 'http_requests_errors_total{method="POST",route="probe.refuse",status="429"}')).toBe(1)
    expect(value(after, 'http_requests_total{method="GET",route="unknown",status="404"}')).toBe(2)
    expect(value(after, 'http_request_duration_seconds_count{method="GET",route="probe.database",status="200"}')).toBe(
      1,
    )
    const queries = 'database_queries_total{pool="servai-lookup"}'
    expect(value(after, queries)! - value(before, queries)!).toBe(2)
    expect(after).not.toContain('wp-login')
  })

  const promtool = spawnSync('promtool', ['--version']).status === 0
  it.skipIf(!promtool)('passes promtool check metrics', async () => {
    const { url } = await useInstance()
    await send(`${url}/trpc/auth.me`)
    const { text } = await send(`${url}/metrics`)
    const check = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
    expect([check.status, check.stdout + check.stderr]).toEqual([0, ''])
  })

  it('asks for its token where one is set', async () => {
    const { url } = await useInstance({ router: probeRouter, env: { METRICS_TOKEN: 'a-long-enough-token' } })
    const status = async (authorization?: string) =>
      (await send(`${url}/metrics`, { headers: authorization ? { authorization } : {} })).status
    expect(await status()).toBe(401)
    expect(await status('Bearer wrong')).toBe(401)
    expect(await status('Bearer a-long-enough-toke')).toBe(401)
    expect(await status('Bearer a-long-enough-token')).toBe(200)
  })

  it('moves to a port of its own, which has nothing else', async () => {
    const { url, metricsPort } = await useInstance({ router: probeRouter, env: { METRICS_PORT: '0' } })
    expect((await send(`${url}/metrics`, { headers: { accept: 'text/html' } })).status).toBe(404)
    expect((await send(`http://127.0.0.1:${metricsPort}/metrics`)).status).toBe(200)
    for (const path of ['/', '/health', '/api/v1/probe', '/trpc/probe.none'])
      expect((await send(`http://127.0.0.1:${metricsPort}${path}`)).status).toBe(404)
  })
})
