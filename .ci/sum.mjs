import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

// Sums up a folder of steps: NAME.status has the exit code of a step, NAME.json the report of vitest if the step ran tests.
// Says again what failed, because a reader of long output may have only its end.
const [folder] = process.argv.slice(2)
const sum = { passed: 0, failed: 0, skipped: 0 }

/** The failed tests of a report, and the files that failed without one, each with what was reported about it. */
function failuresIn({ testResults = [] }) {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative('', name)
    const failed = assertionResults.filter((test) => test.status === 'failed')
    if (failed.length === 0) return status === 'failed' ? [`${file}\n${message}`] : []
    return failed.map(({ fullName, failureMessages }) => `${file}: ${fullName}\n${failureMessages.join('\n')}`)
  })
}

for (const file of readdirSync(folder).filter((name) => name.endsWith('.status'))) {
  const step = file.replace('.status', '')
  const report = join(folder, `${step}.json`)
  const tests = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {}
  const { numPassedTests = 0, numPendingTests = 0, numTodoTests = 0 } = tests
  const exitCode = readFileSync(join(folder, file), 'utf8').trim()
  const failures = failuresIn(tests)
  // A step that failed without a failed test, such as a build, counts as one failure.
  if (failures.length === 0 && exitCode !== '0') failures.push(`exit code ${exitCode}`)
  for (const failure of failures) console.log(`\nFailed in ${step}: ${failure.slice(0, 2000)}`)
  sum.passed += numPassedTests
  sum.failed += failures.length
  sum.skipped += numPendingTests + numTodoTests
}

console.log()
if (sum.skipped > 0) console.log(`${sum.skipped} skipped`)
console.log(`${sum.passed} passed, ${sum.failed} failed`)
process.exitCode = sum.failed > 0 ? 1 : 0
