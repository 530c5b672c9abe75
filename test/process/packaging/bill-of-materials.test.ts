import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { shippedPackages } from '../../../dev/shipped-packages.mjs'
import { projectFolder } from '../../support/packaging/deploy-files.js'
import { runProgram } from '../../support/packaging/run-program.js'

const read = (...path: readonly string[]) => readFileSync(join(projectFolder, ...path), 'utf8')

interface Component {
  readonly 'bom-ref': string
  readonly purl: string
}

test('the bill of materials and the list of licences have exactly what is shipped', async () => {
  const PATH = `${dirname(process.execPath)}:/usr/bin:/bin`
  const command = [process.execPath, 'dev/sbom.mjs']
  const shipped = shippedPackages(JSON.parse(read('package-lock.json')))
  expect(await runProgram({ command, folder: projectFolder }, { PATH })).toEqual({
    exitCode: 0,
    stdout: `Wrote reports/sbom.cdx.json and reports/licences.txt: ${shipped.length} packages.\n`,
    stderr: '',
  })
  const { name, version } = JSON.parse(read('package.json'))
  const { bomFormat, metadata, components, dependencies } = JSON.parse(read('reports', 'sbom.cdx.json'))
  expect({ bomFormat, component: metadata.component }).toMatchObject({
    bomFormat: 'CycloneDX',
    component: { 'bom-ref': `${name}@${version}`, name, version },
  })
  const references = shipped.map((one) => `${one.name}@${one.version}`)
  expect(components.map((one: Component) => one['bom-ref']).toSorted()).toEqual(references.toSorted())
  expect(components.filter(({ purl }: Component) => !purl.startsWith('pkg:npm/'))).toEqual([])
  expect(dependencies.map(({ ref }: { readonly ref: string }) => ref).toSorted()).toEqual(
    [`${name}@${version}`, ...references].toSorted(),
  )
  expect(read('reports', 'licences.txt')).toBe(
    shipped.map((one) => `${one.name} ${one.version}: ${one.licence}\n`).join(''),
  )
})
