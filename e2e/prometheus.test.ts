import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../scripts/postgres.mjs'
import { at, call, newAddress } from './product.ts'

const isInstalled = spawnSync('prometheus', ['--version']).status === 0

/** The questions of the operations guide, each of which has to have an answer. */
const QUESTIONS = [
  'rate(http_requests_total[5m])',
  'rate(http_requests_errors_total[5m]) / rate(http_requests_total[5m])',
  'histogram_quantile(0.95, rate(http_request_duration_seconds_bucket[5m]))',
  'rate(auth_login_failures_total[5m])',
  'rate(auth_login_attempts_total[5m])',
  'rate(database_queries_total[5m])',
  'histogram_quantile(0.95, rate(database_query_duration_seconds_bucket[5m]))',
  'rate_limit_exceeded_total or vector(0)',
  'invites_created_total',
  'invites_accepted_total',
  'residents_created_total',
  'password_reset_requests_total',
  'database_errors_total or vector(0)',
  'process_heap_bytes',
  'process_rss_bytes',
  'process_uptime_seconds',
]

describe.skipIf(!isInstalled)('a real Prometheus', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'servai-prometheus-'))
  let stop = async () => {}
  let base = ''

  const ask = async (query: string) => {
    const answer = await fetch(`${base}/api/v1/query?${new URLSearchParams({ query })}`)
    const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } }
    return data.result.map(({ value }) => Number(value[1]))
  }

  beforeAll(async () => {
    const port = await freePort()
    base = `http://127.0.0.1:${port}`
    const config = path.join(folder, 'prometheus.yml')
    const { host } = new URL(at('/'))
    fs.writeFileSync(
      config,
      JSON.stringify({
        global: { scrape_interval: '1s' },
        scrape_configs: [{ job_name: 'servai', static_configs: [{ targets: [host] }] }],
      }),
    )
    const child = spawn(
      'prometheus',
      [`--config.file=${config}`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`],
      { stdio: 'ignore' },
    )
    const exited = once(child, 'exit')
    stop = async () => {
      child.kill('SIGTERM')
      await exited
      fs.rmSync(folder, { recursive: true, force: true })
    }
  })
  afterAll(() => stop())

  it('scrapes the product and answers every question of the operations guide', async () => {
    const attempt = () =>
      call('POST', '/auth/login', { body: { email: newAddress('nobody'), password: 'wrong-password' } })
    const isUp = () =>
      ask('up{job="servai"}').then(
        ([up]) => up === 1,
        () => false,
      )
    for (const deadline = Date.now() + 20_000; Date.now() < deadline && !(await isUp());) await sleep(250)
    for (const deadline = Date.now() + 40_000; Date.now() < deadline; await sleep(500)) {
      await Promise.all([attempt(), fetch(at('/health'))])
      const [scrapes] = await ask('count_over_time(process_uptime_seconds[1m])').catch(() => [0])
      if ((scrapes ?? 0) >= 4) break
    }
    expect(await ask('up{job="servai"}')).toEqual([1])
    for (const question of QUESTIONS) {
      const values = (await ask(question)).filter((value) => !Number.isNaN(value))
      expect(values.length, question).toBeGreaterThan(0)
    }
    expect(Math.max(...(await ask('rate(auth_login_failures_total[5m])')))).toBeGreaterThan(0)
  })
})
