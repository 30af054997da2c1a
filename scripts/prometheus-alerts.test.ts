import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createMetrics } from '../packages/telemetry/src/metrics.ts'
import { afterAll, describe, expect, it } from 'vitest'

const RULES = path.resolve('docs/prometheus-alerts.yml')
const text = fs.readFileSync(RULES, 'utf8')
const isInstalled = spawnSync('promtool', ['--version']).status === 0

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'servai-alerts-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))

it('the alerts ask for metrics that servAI has', async () => {
  const known = new Set(
    createMetrics()
      .registry.getMetricsAsArray()
      .map(({ name }) => name),
  )
  const asked = [...text.matchAll(/\b([a-z]+(?:_[a-z0-9]+)+)\b(?=[{[ )])/g)].flatMap(([, name = '']) =>
    /_(total|seconds_bucket|seconds|waiting|rows|chains|ahead)$/.test(name) ? [name.replace(/_bucket$/, '')] : [],
  )
  expect(asked.length).toBeGreaterThan(15)
  expect(asked.filter((name) => !known.has(name))).toEqual([])
})

/** A counter that grows by so much a minute, and from the second day on by so much. */
const grows = (series: string, calmly: number, then: number) => ({
  series,
  values: `0+${calmly}x1440 ${calmly * 1440}+${then}x60`,
})

const ATTACKS = [
  { alert: 'ServaiSignInFailuresSpike', series: [grows('auth_login_failures_total', 1, 30)], labels: 'severity: warn' },
  {
    alert: 'ServaiRefusalsSpike',
    series: [grows('refusals_total{reason="auth.unauthenticated"}', 10, 200)],
    labels: 'severity: warn, reason: auth.unauthenticated',
  },
  {
    alert: 'ServaiLockouts',
    series: [grows('auth_lockouts_total{factor="password"}', 0, 4)],
    labels: 'severity: warn, factor: password',
  },
  {
    alert: 'ServaiSecondFactorFailures',
    series: [grows('auth_second_factor_failures_total{method="totp",why="refused"}', 0, 5)],
    labels: 'severity: warn',
  },
  { alert: 'ServaiApiKeyFailures', series: [grows('api_key_failures_total', 1, 40)], labels: 'severity: warn' },
  {
    alert: 'ServaiHashingShed',
    series: [grows('hash_shed_total{lane="login"}', 0, 6)],
    labels: 'severity: warn, lane: login',
  },
  {
    alert: 'ServaiImpersonationStarted',
    series: [grows('impersonations_started_total{access="read"}', 0, 1)],
    labels: 'severity: info, access: read',
  },
  { alert: 'ServaiRefreshTokenReused', series: [grows('refresh_reuse_total', 0, 1)], labels: 'severity: warn' },
]

/** A calm day first, in which nothing may fire, then an hour of it. */
const testOf = ({ alert, series, labels }: (typeof ATTACKS)[number]) => `
  - interval: 1m
    input_series:
${series.map(({ series: name, values }) => `      - series: '${name}'\n        values: '${values}'`).join('\n')}
    promql_expr_test:
      - expr: count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)
        eval_time: 23h59m
        exp_samples: [{ labels: '{}', value: 0 }]
      - expr: count(ALERTS{alertname="${alert}",alertstate="firing",${labels.replaceAll(/(\w+): ([\w.]+)/g, '$1="$2"').replaceAll(', ', ',')}})
        eval_time: 24h40m
        exp_samples: [{ labels: '{}', value: 1 }]`

describe.skipIf(!isInstalled)('promtool', () => {
  it('finds nothing wrong with the rules', () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', RULES], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toContain('SUCCESS')
  })

  it('sees each of them stay quiet on a calm day and fire under attack', { timeout: 60_000 }, () => {
    const file = path.join(folder, 'test.yml')
    const tests = `rule_files: ['${RULES}']\nevaluation_interval: 5m\ntests:${ATTACKS.map(testOf).join('')}\n`
    fs.writeFileSync(file, tests)
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' })
    expect([status, stdout + stderr]).toEqual([0, expect.stringContaining('SUCCESS')])
  })
})
