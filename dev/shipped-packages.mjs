/** Licences that shipped packages may have: they ask for nothing but that their text is passed on. By their names in SPDX. */
const allowedLicences = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0']

/**
 * @typedef {object} ShippedPackage
 * @property {string} name
 * @property {string} version
 * @property {string} licence an SPDX expression; empty if the package names none
 */

/**
 * What is installed without development dependencies, each version once, by name.
 * @param {{ packages: Readonly<Record<string, { version?: string, license?: string, dev?: boolean }>> }} lock package-lock.json
 * @returns {ShippedPackage[]}
 */
export function shippedPackages({ packages }) {
  const shipped = Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && !dev)
    .map(([path, { version = '', license = '' }]) => ({
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version,
      licence: license,
    }))
  const byVersion = new Map(shipped.map((one) => [`${one.name}@${one.version}`, one]))
  return [...byVersion.keys()].sort().flatMap((key) => byVersion.get(key) ?? [])
}

/**
 * Whether every licence of an expression is allowed, also where it gives a choice.
 * @param {string} expression
 */
export function isAllowedLicence(expression) {
  return (
    expression.split(/ (?:AND|OR) |[()]/).every((name) => name === '' || allowedLicences.includes(name)) &&
    expression !== ''
  )
}
