// Part of `npm run check`: lints docs/openapi.json by the recommended rules. Ends with exit code 1 if there is a problem or a warning.
import { createConfig, formatProblems, getTotals, lint } from '@redocly/openapi-core'

const config = await createConfig({ extends: ['recommended'] })
const problems = await lint({ ref: 'docs/openapi.json', config })
if (problems.length > 0) {
  formatProblems(problems, { totals: getTotals(problems), format: 'stylish', version: '', maxProblems: 100 })
  process.exitCode = 1
}
