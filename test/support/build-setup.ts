import { readdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Before the tests of the built program: throws if a source has changed since the last build began. */
export function setup(): void {
  const buildTime = modifyTime('dist/built')
  const changed = sources().find((path) => modifyTime(path) > buildTime)
  if (changed) throw new Error(`The build in dist is older than ${changed}. Run \`npm run build\`, then these tests.`)
}

/** What is compiled, and what it is generated from. */
function sources(): string[] {
  const files = ['src', 'dev', 'proto'].flatMap((folder) =>
    readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  )
  const written = files.filter((path) => /\.(ts|proto)$/.test(path) && !path.startsWith('src/gen/'))
  return [...written, 'tsconfig.json', 'tsconfig.build.json']
}

/** In milliseconds since the epoch; 0 if there is no such file. */
const modifyTime = (path: string) => statSync(`${root}${path}`, { throwIfNoEntry: false })?.mtimeMs ?? 0
