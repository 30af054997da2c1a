import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'

/** The product promises to drain within 30 s. */
const DRAIN_TIMEOUT_MS = 32_000
const LOG_LIMIT_BYTES = 10_000_000

/**
 * Starts one app of the product. It has an IPC channel to this process, whose closing tells it that its parent is gone.
 *
 * @param {string} name
 * @param {{ args: string[], cwd?: string, env: Record<string, string>, logFile?: string }} options
 *   `args` of node; without `logFile` it writes to the terminal.
 */
export const startService = (name, { args, cwd, env, logFile }) => {
  if (logFile) rotate(logFile)
  const output = logFile ? fs.openSync(logFile, 'a', 0o600) : 'inherit'
  // In a process group of its own: Ctrl-C reaches this process alone, which then stops all in the right order.
  const child = spawn(process.execPath, args, {
    cwd,
    env,
    stdio: ['ignore', output, output, 'ipc'],
    detached: true,
  })
  if (logFile) fs.closeSync(output)
  const exited = Promise.race([once(child, 'exit'), once(child, 'error')])
  return {
    name,
    isApp: true,
    exited,
    lastLines: () => logFile && fs.readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-15).join('\n    '),
    stop: async () => {
      const timer = setTimeout(() => child.kill('SIGKILL'), DRAIN_TIMEOUT_MS)
      child.kill('SIGTERM')
      await exited
      clearTimeout(timer)
    },
    kill: () => child.kill('SIGKILL'),
  }
}

const rotate = (file) => {
  const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0
  if (size > LOG_LIMIT_BYTES) fs.renameSync(file, `${file}.1`)
}
