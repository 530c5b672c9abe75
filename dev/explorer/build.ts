import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { build, type Plugin } from 'vite'
import { buildReference } from './build-reference.js'
import { projectFiles } from './project-files.js'

/** Builds the explorer to dist/explorer. What it knows of the contract becomes modules, such as `virtual:reference`. */

const projectFolder = dirname(createRequire(import.meta.url).resolve('#package.json'))

/** A module with one export. */
function moduleOf(exported: string, value: unknown): Plugin {
  const name = `virtual:${exported.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  // Parsed at run time, because browsers parse JSON faster than a literal.
  const code = `export const ${exported} = JSON.parse(${JSON.stringify(JSON.stringify(value))})`
  return {
    name,
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    load: (id) => (id === `\0${name}` ? code : undefined),
  }
}

await build({
  root: join(projectFolder, 'explorer'),
  configFile: false,
  logLevel: 'warn',
  plugins: [moduleOf('reference', buildReference()), moduleOf('projectFiles', projectFiles())],
  build: {
    rolldownOptions: { checks: { pluginTimings: false } },
    outDir: join(projectFolder, 'dist', 'explorer'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
  },
})
