import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

// Sums up a folder of steps: NAME.status has the exit code of a step, NAME.json the report of vitest if the step ran tests.
const [folder] = process.argv.slice(2)
const sum = { passed: 0, failed: 0, skipped: 0 }

for (const file of readdirSync(folder).filter((name) => name.endsWith('.status'))) {
  const report = join(folder, file.replace('.status', '.json'))
  const tests = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {}
  const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0, numTodoTests = 0 } = tests
  const exitCode = readFileSync(join(folder, file), 'utf8').trim()
  sum.passed += numPassedTests
  // A step that failed without a failed test, such as a build, counts as one failure.
  sum.failed += numFailedTests || (exitCode === '0' ? 0 : 1)
  sum.skipped += numPendingTests + numTodoTests
}

if (sum.skipped > 0) console.log(`${sum.skipped} skipped`)
console.log(`${sum.passed} passed, ${sum.failed} failed`)
process.exitCode = sum.failed > 0 ? 1 : 0
