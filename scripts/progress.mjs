import { spawn } from 'node:child_process'

/** A sentence for the person at the keyboard; everything else is a defect and keeps its stack. */
export class StartError extends Error {}

/** A program that failed; `output` is all it printed. */
export class CommandError extends Error {
  constructor(message, output) {
    super(message)
    this.output = output
  }
}

let isLineOpen = false

/** Does `work` under a line of its own, which ends in a tick and the seconds it took. */
export const step = async (title, work) => {
  const startedAt = performance.now()
  const seconds = () => ((performance.now() - startedAt) / 1000).toFixed(1)
  if (process.stdout.isTTY) process.stdout.write(`  · ${title}`)
  isLineOpen = process.stdout.isTTY
  const close = (mark) => {
    process.stdout.write(`${isLineOpen ? '\r' : ''}  ${mark} ${title} (${seconds()} s)\n`)
    isLineOpen = false
  }
  try {
    const result = await work()
    close('✓')
    return result
  } catch (error) {
    close('✗')
    throw error
  }
}

export const note = (line) => {
  process.stdout.write(`${isLineOpen ? '\n' : ''}    ${line}\n`)
  isLineOpen = false
}

/**
 * Runs a program in silence.
 *
 * @returns {Promise<string>} what it printed
 * @throws CommandError with its output
 */
export const runQuietly = (program, args, options = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => (output += chunk))
    }
    const pass = (signal) => child.kill(signal)
    for (const signal of SIGNALS) process.on(signal, pass)
    const done = () => SIGNALS.forEach((signal) => process.off(signal, pass))
    child.once('error', (error) => {
      done()
      reject(new CommandError(`${program} cannot be run: ${error.message}`, output))
    })
    child.once('close', (code, signal) => {
      done()
      if (code === 0) resolve(output)
      else reject(new CommandError(`${[program, ...args].join(' ')} ended with ${signal ?? code}`, output))
    })
  })

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Prints why a command failed: a sentence, or the output of the program, or the stack of a defect. */
export const reportFailure = (error) => {
  if (error instanceof CommandError && error.output.trim()) process.stderr.write(`\n${error.output.trimEnd()}\n`)
  const text = error instanceof StartError || error instanceof CommandError ? error.message : error.stack
  process.stderr.write(`\n${text}\n`)
}
