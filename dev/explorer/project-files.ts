import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { ProjectFiles } from './reference.js'

const projectFolder = dirname(createRequire(import.meta.url).resolve('#package.json'))
const read = (path: string) => readFileSync(join(projectFolder, path), 'utf8')

/** The files of the projects that people download from the explorer, from the contract and the examples. */
export function projectFiles(): ProjectFiles {
  return {
    contract: protosIn('proto', 'messagecontacts/v1', /\.proto$/),
    refusals: protosIn('node_modules/google-gax/build/protos', 'google/rpc', /^(status|error_details)\.proto$/),
    builds: {
      typescript: typescriptBuild(),
      python: { 'requirements.txt': read('examples/python/requirements.txt') },
      go: Object.fromEntries(['go.mod', 'go.sum', 'buf.gen.yaml'].map((name) => [name, build(`examples/go/${name}`)])),
      java: { 'pom.xml': build('examples/java/pom.xml') },
      csharp: { 'contacts.csproj': build('examples/csharp/contacts.csproj') },
    },
  }
}

/** The files of a folder whose names match, by the paths at which other files import them. */
function protosIn(root: string, folder: string, names: RegExp): ProjectFiles['contract'] {
  const found = readdirSync(join(projectFolder, root, folder)).filter((name) => names.test(name))
  return Object.fromEntries(found.map((name) => [`${folder}/${name}`, read(`${root}/${folder}/${name}`)]))
}

/** A build file of an example, for a project that has the contract in a folder of its own. */
const build = (path: string) => read(path).replaceAll('../../proto', 'proto')

/** The example in TypeScript uses what the service has generated; a project of its own generates it. */
function typescriptBuild(): ProjectFiles['contract'] {
  const { devDependencies: ours } = JSON.parse(read('package.json'))
  const example = JSON.parse(read('examples/typescript/package.json'))
  const generators = Object.fromEntries(['@bufbuild/buf', '@bufbuild/protoc-gen-es'].map((name) => [name, ours[name]]))
  const packages = { ...example, devDependencies: { ...generators, ...example.devDependencies } }
  return {
    'package.json': `${JSON.stringify(packages, undefined, 2)}\n`,
    'tsconfig.json': read('examples/typescript/tsconfig.json').replace('contacts.ts', 'call.ts'),
    'buf.gen.yaml': `version: v2
inputs:
  - directory: proto
plugins:
  - local: protoc-gen-es
    out: gen
    opt: [target=ts, import_extension=js]
`,
  }
}
