// `npm test`: verification, then unit and integration tests, then browser journeys; one line of counts at the end.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { verify } from './verify.mjs'

/** @param {string[]} args for vitest, e.g. a path: then nothing else is run */
export default async (args) => {
  const verified = args.length > 0 ? { passed: 0, failed: 0 } : await verify()
  const tested = await runVitest(args)
  const passed = verified.passed + tested.passed
  const failed = verified.failed + tested.failed
  const skipped = tested.skipped > 0 ? `, ${tested.skipped} skipped` : ''
  process.stdout.write(`\n${passed} passed, ${failed} failed${skipped}\n`)
  process.exitCode = failed > 0 ? 1 : 0
}

const runVitest = async (args) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'servai-report-'))
  const report = path.join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const child = spawn('vitest', ['run', ...reporters, ...args], { stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  const code = await new Promise((resolve) => {
    child.once('close', resolve)
    child.once('error', () => resolve(1))
  })
  const counted = fs.existsSync(report) ? count(JSON.parse(fs.readFileSync(report, 'utf8'))) : NOTHING
  fs.rmSync(folder, { recursive: true })
  // A broken set-up or an unhandled error fails the run without failing a test.
  return code !== 0 && counted.failed === 0 ? { ...counted, failed: 1 } : counted
}

const NOTHING = { passed: 0, failed: 0, skipped: 0 }

const count = (report) => {
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((one) => one.status === 'failed'),
  )
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}
