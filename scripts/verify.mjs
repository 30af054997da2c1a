// `pnpm verify`: all that can be said about the code without running it.
import { CommandError, runQuietly, step } from './progress.mjs'

const STEPS = [
  ['format', 'oxfmt', ['--check', '.']],
  ['lint', 'oxlint', ['--deny-warnings']],
  ['lint of components', 'eslint', ['apps/web/src/**/*.vue', '--max-warnings', '0']],
  ['import walls', 'depcruise', ['apps', 'packages', '--config', '.dependency-cruiser.mjs']],
  ['shape of slices', process.execPath, ['scripts/check-slices.mjs']],
  ['types', 'tsc', ['--noEmit']],
  ['types of the web app', 'vue-tsc', ['--noEmit', '-p', 'apps/web']],
  ['migration drift', process.execPath, ['scripts/check-drift.mjs']],
]

/**
 * Takes every step, also after one that failed.
 *
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export const verify = async () => {
  const failures = []
  for (const [title, program, args] of STEPS) {
    try {
      await step(title, () => runQuietly(program, args))
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      failures.push(title)
      process.stderr.write(`\n${error.output.trim() || error.message}\n\n`)
    }
  }
  return { passed: STEPS.length - failures.length, failed: failures.length }
}

export default async () => {
  const { failed } = await verify()
  process.exitCode = failed > 0 ? 1 : 0
}
