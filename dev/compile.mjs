import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { basename, delimiter, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Not TypeScript: it runs before anything is compiled. */

const projectFolder = fileURLToPath(new URL('..', import.meta.url))
const pathOf = (/** @type {string[]} */ ...parts) => join(projectFolder, ...parts)

/** Its time is when the last complete build began: what changes during a build is newer. */
const builtFile = pathOf('dist', 'built')

const openApiFile = 'docs/openapi.json'
const sourceFolders = ['src', 'dev', 'bench', 'proto', 'explorer']
const sourceFiles = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'buf.yaml',
  'buf.gen.yaml',
  openApiFile,
]

/**
 * A source that has changed since the last complete build began. Undefined if there is none: `dist` is up to date.
 * @returns {string | undefined}
 */
export function changedSource() {
  const buildTime = modifyTime(builtFile)
  return sources().find((path) => modifyTime(pathOf(path)) > buildTime)
}

/** What is compiled, and what it is generated from. */
function sources() {
  const files = sourceFolders.flatMap((folder) =>
    readdirSync(pathOf(folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  )
  return [
    ...files.filter((path) => /\.(tsx?|mjs|proto|html|css|svg)$/.test(path) && !path.startsWith('src/gen/')),
    ...sourceFiles,
  ]
}

/** In milliseconds since the epoch; 0 if there is no such file. */
const modifyTime = (/** @type {string} */ path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

/** Generates src/gen and compiles to dist, unless dist is up to date. Exits with 1 if that fails; what is wrong has then been printed. */
export async function compile() {
  if (changedSource() === undefined) return
  console.error('Building, because sources are new or have changed. This takes about 15 seconds.')
  const beginFile = pathOf('dist', 'building')
  mkdirSync(pathOf('dist'), { recursive: true })
  writeFileSync(beginFile, '')
  await run('buf', 'generate', '--clean')
  await run('tsc', '-p', 'tsconfig.build.json')
  await run(process.execPath, pathOf('dist', 'dev', 'explorer', 'build.js'))
  // What browsers are served.
  mkdirSync(pathOf('dist', 'explorer'), { recursive: true })
  copyFileSync(pathOf(openApiFile), pathOf('dist', 'explorer', 'openapi.json'))
  renameSync(beginFile, builtFile)
}

/**
 * Runs a program of an installed package, or one with an absolute path. A signal that ends this process ends it too.
 * @param {string} program
 * @param {string[]} programArguments
 */
async function run(program, ...programArguments) {
  const programs = pathOf('node_modules', '.bin')
  const child = spawn(resolve(programs, program), programArguments, {
    cwd: projectFolder,
    // buf looks for its plugins there.
    env: { ...process.env, PATH: `${programs}${delimiter}${process.env['PATH']}` },
    stdio: 'inherit',
  })
  const end = (/** @type {NodeJS.Signals} */ signal) => {
    child.kill(signal)
    process.exit(128 + constants.signals[signal])
  }
  for (const signal of stopSignals) process.on(signal, end)
  const [exitCode] = await once(child, 'exit')
  for (const signal of stopSignals) process.off(signal, end)
  if (exitCode === 0) return
  console.error(`The build has failed: ${basename(program)} reports errors in the sources.`)
  process.exit(1)
}

/** @type {NodeJS.Signals[]} */
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP']
