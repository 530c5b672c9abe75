import { readFileSync } from 'node:fs'
import { isAllowedLicence, shippedPackages } from './shipped-packages.mjs'

/** Part of `npm run check`: fails if a shipped package has a licence that is not allowed. */
const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'))
const refused = shippedPackages(lock).filter(({ licence }) => !isAllowedLicence(licence))
for (const { name, version, licence } of refused)
  console.error(`${name} ${version} has a licence that dev/shipped-packages.mjs does not allow: ${licence || 'none'}`)
if (refused.length > 0) process.exitCode = 1
