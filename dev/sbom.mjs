import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { shippedPackages } from './shipped-packages.mjs'

/** `npm run sbom`: writes what is shipped to `reports`, from package-lock.json: a bill of materials (CycloneDX) and the licences. */
const cwd = fileURLToPath(new URL('..', import.meta.url))
const readJson = (/** @type {string} */ name) => JSON.parse(readFileSync(`${cwd}${name}`, 'utf8'))
const project = readJson('package.json')
const shipped = shippedPackages(readJson('package-lock.json'))

const options = ['--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only']
const sbom = JSON.parse(execFileSync('npm', ['sbom', ...options], { cwd, encoding: 'utf8', maxBuffer: 2 ** 26 }))
// npm writes the name of the folder.
sbom.metadata.component.name = project.name
// Filtered here, because `--omit dev` also leaves out what is shipped and needed for development too.
const references = new Set([project, ...shipped].map(({ name, version }) => `${name}@${version}`))
const isShipped = (/** @type {string} */ reference) => references.has(reference)
sbom.components = sbom.components.filter((/** @type {any} */ component) => isShipped(component['bom-ref']))
sbom.dependencies = sbom.dependencies
  .filter((/** @type {any} */ { ref }) => isShipped(ref))
  .map((/** @type {any} */ { ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(isShipped) }))

mkdirSync(`${cwd}reports`, { recursive: true })
writeFileSync(`${cwd}reports/sbom.cdx.json`, `${JSON.stringify(sbom, null, 2)}\n`)
const licences = shipped.map(({ name, version, licence }) => `${name} ${version}: ${licence}\n`)
writeFileSync(`${cwd}reports/licences.txt`, licences.join(''))
console.log(`Wrote reports/sbom.cdx.json and reports/licences.txt: ${shipped.length} packages.`)
