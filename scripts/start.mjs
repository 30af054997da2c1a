// `npm start`: database, roles, migrations, demo data, server, worker; everything ends with this process.
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { prepareDatabase } from './database.mjs'
import { SERVER_HEAP } from './heap.mjs'
import { onParentGone } from './process.mjs'
import { note, reportFailure, StartError, step } from './progress.mjs'
import { startService } from './service.mjs'
import { childEnvironment, loadSecrets, openDataDirectory } from './settings.mjs'

const READY_TIMEOUT_MS = 60_000
/** A terminal sends Ctrl-C to every process of the group, and npm passes it on as well: that is one signal. */
const SAME_SIGNAL_MS = 500

const running = []
let stopping

const BUILT = [
  { name: 'server', args: ['--enable-source-maps', ...SERVER_HEAP, 'apps/server/dist/main.mjs'] },
  { name: 'worker', args: ['--enable-source-maps', 'apps/worker/dist/main.mjs'] },
]

export default () => launch({ services: BUILT })

/** @param {{ services: { name: string, args: string[], cwd?: string }[], logToTerminal?: boolean }} product */
export const launch = async (product) => {
  catchSignals()
  try {
    await startAll(product)
  } catch (error) {
    if (stopping) return
    reportFailure(error)
    await stopAll(1)
  }
}

const startAll = async ({ services, logToTerminal = false }) => {
  const dataDir = openDataDirectory()
  const secrets = loadSecrets(dataDir)
  const database = await prepareDatabase({ dataDir, ...secrets, onStarting: hold })
  const env = childEnvironment({ keys: secrets.keys, urls: database.urls })

  const logs = path.join(dataDir, 'logs')
  await step(`Starting ${services.map(({ name }) => name).join(', ')}`, async () => {
    for (const { name, ...program } of services) {
      const service = startService(name, {
        ...program,
        env,
        logFile: logToTerminal ? undefined : path.join(logs, `${name}.log`),
      })
      running.push(service)
      void service.exited.then(() => failOn(service))
    }
    await waitUntilReady(env)
  })
  announce({ env, dataDir, logs: logToTerminal ? undefined : logs, accounts: database.demo })
}

/** It may still be starting when a signal comes: then stopping waits for it. */
const hold = (name, starting) => {
  const service = {
    name,
    stop: async () => (await starting).stop(),
    kill: () => void starting.then((database) => database.kill()),
  }
  running.push(service)
  starting.then(
    async (database) => {
      await database.exited
      await failOn({ name, lastLines: database.lastLines })
    },
    () => running.splice(running.indexOf(service), 1),
  )
}

const failOn = async (service) => {
  if (stopping) return
  note(service.lastLines?.() ?? '')
  reportFailure(new StartError(`The ${service.name} ended unexpectedly; everything is being stopped.`))
  await stopAll(1)
}

const waitUntilReady = async ({ HOST, PORT }) => {
  const host = ['0.0.0.0', '::'].includes(HOST) ? 'localhost' : HOST
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${PORT}/health/readiness`
  for (const deadline = Date.now() + READY_TIMEOUT_MS; Date.now() < deadline && !stopping; await sleep(50)) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined)
    if (answer?.ok) return
  }
  if (!stopping) throw new StartError(`The server did not become ready within ${READY_TIMEOUT_MS / 1000} s (${url}).`)
}

const announce = ({ env, dataDir, logs, accounts }) => {
  const at = (route) => `${env.APP_URL}${route}`
  const metrics = env.METRICS_PORT ? `http://localhost:${env.METRICS_PORT}/metrics` : at('/metrics')
  const lines = [
    ['servAI', env.APP_URL],
    ...(env.EMAIL_TRANSPORT === 'mailbox' ? [['Mailbox', at('/dev/mailbox')]] : []),
    ['API docs', at('/api/docs')],
    ['Metrics', metrics],
    ['Data', dataDir],
    ...(logs ? [['Logs', logs]] : []),
    ['Stop', 'Ctrl-C'],
  ]
  process.stdout.write(`\n${lines.map(([label, value]) => `  ${label.padEnd(10)}${value}`).join('\n')}\n`)
  if (accounts) {
    const width = Math.max(...accounts.people.map(({ email }) => email.length)) + 2
    const people = accounts.people.map(
      ({ email, role, company }) => `    ${email.padEnd(width)}${role}${company ? `, ${company}` : ''}`,
    )
    process.stdout.write(`\n  Demo accounts (password: ${accounts.password})\n${people.join('\n')}\n`)
  }
  process.stdout.write('\n')
}

const catchSignals = () => {
  let firstAt
  const onSignal = () => {
    firstAt ??= Date.now()
    if (!stopping) void stopAll(0)
    else if (Date.now() - firstAt > SAME_SIGNAL_MS) {
      for (const service of running) service.kill()
      process.exit(1)
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal)
  if (process.env.SERVAI_FOLLOWS_PARENT) onParentGone(onSignal)
}

const stopAll = (exitCode) => {
  stopping ??= (async () => {
    process.stdout.write('\n')
    if (running.length > 0) await step('Stopping', stopInOrder)
    process.exit(exitCode)
  })()
  return stopping
}

const stopInOrder = async () => {
  await Promise.all(running.filter((one) => one.isApp).map((one) => one.stop()))
  for (const database of running.filter((one) => !one.isApp)) await database.stop().catch(() => undefined)
}
