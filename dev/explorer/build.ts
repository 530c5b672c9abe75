import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { build, type Plugin } from 'vite'
import { buildReference } from './build-reference.js'

/** Builds the explorer to dist/explorer. What it knows of the contract becomes the module `virtual:reference`. */

const projectFolder = dirname(createRequire(import.meta.url).resolve('#package.json'))
const moduleName = 'virtual:reference'

const reference = JSON.stringify(buildReference())

const referenceModule: Plugin = {
  name: 'reference',
  resolveId: (name) => (name === moduleName ? `\0${moduleName}` : undefined),
  load: (id) =>
    // Parsed at run time, because browsers parse JSON faster than a literal.
    id === `\0${moduleName}` ? `export const reference = JSON.parse(${JSON.stringify(reference)})` : undefined,
}

await build({
  root: join(projectFolder, 'explorer'),
  configFile: false,
  logLevel: 'warn',
  plugins: [referenceModule],
  build: {
    rolldownOptions: { checks: { pluginTimings: false } },
    outDir: join(projectFolder, 'dist', 'explorer'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
  },
})
