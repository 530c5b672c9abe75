import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, beforeEach } from 'vitest'
import { toolsFolder } from '../../../dev/database.js'

const run = promisify(execFile)

/** A program that tests call the service with: its path, or the reason why it is missing. */
export type Found = { readonly path: string } | { readonly missing: string }

const grpcurlPackage = 'github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4'
const composePackage = 'github.com/compose-spec/compose-go/v2/cmd@v2.9.0'
const helmPackage = 'helm.sh/helm/v3/cmd/helm@v3.19.5'
// Helm takes 4 minutes of CPU time, beside other tests.
const installTimeoutMs = 900_000

/**
 * For tests that need a program. It is installed before them, if it is not installed yet. If that fails, the tests are
 * skipped and the terminal shows the reason; in CI they fail. Gives a function that gives the path.
 */
export function needs(find: () => Promise<Found>): () => string {
  let found: Found = { missing: 'the program was not searched for yet' }
  const path = () => {
    if ('missing' in found) throw new Error(found.missing)
    return found.path
  }
  beforeAll(async () => {
    found = await find()
    // The default reporters count skipped tests and do not show the reasons.
    if ('missing' in found && !process.env['CI']) process.stderr.write(`Skipped: ${found.missing}\n`)
  }, installTimeoutMs + 60_000)
  beforeEach((context) => {
    if (process.env['CI']) path()
    else if ('missing' in found) context.skip(found.missing)
  })
  return path
}

/** The grpcurl on the PATH, or one that Go installs. */
export async function findGrpcurl(): Promise<Found> {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'grpcurl'))
  for (const path of onPath) if (await exists(path)) return { path }
  return findInstalled('grpcurl', 'grpcurl', (folder) => installGoPackage(grpcurlPackage, folder))
}

/** The program of the library with which Docker reads compose files: it prints a file as Docker understands it. */
export async function findComposeReader(): Promise<Found> {
  return findInstalled('compose-go', 'cmd', (folder) => installGoPackage(composePackage, folder))
}

/** The Helm of this version: texts of errors and the objects that it writes depend on it. */
export async function findHelm(): Promise<Found> {
  return findInstalled('helm', 'helm', (folder) => installGoPackage(helmPackage, folder))
}

async function installGoPackage(name: string, folder: string): Promise<void> {
  await run('go', ['install', name], { env: { ...process.env, GOBIN: folder }, timeout: installTimeoutMs })
}

/** The nginx on the PATH, or where Debian installs it. Tests install none, because that takes root. */
export async function findNginx(): Promise<Found> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
  for (const path of folders.map((folder) => join(folder, 'nginx'))) if (await exists(path)) return { path }
  return { missing: 'there is no nginx; on Debian, install the package nginx' }
}

/** The Prometheus on the PATH, or the one in the package of Debian, which is unpacked and not installed. */
export async function findPrometheus(): Promise<Found> {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'prometheus'))
  for (const path of onPath) if (await exists(path)) return { path }
  return findInstalled('prometheus', join('usr', 'bin', 'prometheus'), async (folder) => {
    const download = () => run('apt-get', ['download', 'prometheus'], { cwd: folder, timeout: installTimeoutMs })
    // Without lists of packages there is nothing to choose from. Only root can get them.
    await download().catch(() => run('apt-get', ['update', '-qq'], { timeout: installTimeoutMs }).then(download))
    const [archive = ''] = (await readdir(folder)).filter((file) => file.endsWith('.deb'))
    await run('dpkg-deb', ['--extract', join(folder, archive), folder])
  })
}

/** The program of a Go module, whose folder has `main.go`, `go.mod` and `go.sum`. */
export async function findGoProgram(name: string, module: string): Promise<Found> {
  const hash = await hashOf(['main.go', 'go.mod', 'go.sum'].map((file) => join(module, file)))
  return findInstalled(`${name}-${hash}`, name, async (folder) => {
    await run('go', ['build', '-o', join(folder, name), '.'], { cwd: module, timeout: installTimeoutMs })
  })
}

/** The Python of a virtual environment that has exactly the packages of the file `requirements`. */
export async function findPython(name: string, requirements: string): Promise<Found> {
  const hash = await hashOf([requirements])
  const python = join('bin', 'python')
  return findInstalled(`${name}-${hash}`, python, async (folder) => {
    await run('python3', ['-m', 'venv', folder])
    // Compiles nothing: if a package has no build for this Python, pip reports that at once.
    const pip = ['-m', 'pip', 'install', '--quiet', '--only-binary', ':all:', '--requirement', requirements]
    await run(join(folder, python), pip, { timeout: installTimeoutMs })
  })
}

async function hashOf(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths) hash.update(await readFile(path))
  return hash.digest('hex').slice(0, 8)
}

/** The program `path` in the tools folder of this name, which `install` fills if it does not exist yet. */
async function findInstalled(name: string, path: string, install: (folder: string) => Promise<void>): Promise<Found> {
  const target = join(toolsFolder, name)
  if (await exists(target)) return { path: join(target, path) }
  await mkdir(toolsFolder, { recursive: true })
  // Renamed when it is complete, because several test files may install at the same time.
  const folder = await mkdtemp(`${target}-new-`)
  try {
    await install(folder)
    await rename(folder, target)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    if (!(await exists(target))) return { missing: `${name} cannot be installed: ${lastLineOf(error)}` }
  }
  return { path: join(target, path) }
}

function lastLineOf(error: unknown): string {
  const { stderr = '', message = String(error) } = error as { stderr?: string; message?: string }
  const lines = (stderr.trim() || message).split('\n')
  return lines.at(-1) ?? ''
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )
