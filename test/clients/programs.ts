import { execFile } from 'node:child_process'
import { access, copyFile, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, beforeEach } from 'vitest'
import { toolsFolder } from '../../dev/database.js'

const run = promisify(execFile)

/** A program of somebody else's that tests call the service with: where it lies, or why there is none. */
export type Found = { readonly path: string } | { readonly missing: string }

const grpcurlPackage = 'github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4'
const installLimitMs = 480_000

/**
 * For tests that need a program: it is installed before them, once and for all runs. Where it cannot be had they are skipped and the
 * terminal says why; in CI they fail. Gives its path.
 */
export function needs(find: () => Promise<Found>): () => string {
  let found: Found = { missing: 'nobody has looked for it yet' }
  const path = () => {
    if ('missing' in found) throw new Error(found.missing)
    return found.path
  }
  beforeAll(async () => {
    found = await find()
    // The reporters that are made for a terminal count what is skipped and keep the reasons to themselves.
    if ('missing' in found && !process.env['CI']) process.stderr.write(`Skipped: ${found.missing}\n`)
  }, installLimitMs + 60_000)
  beforeEach((context) => {
    if (process.env['CI']) path()
    else if ('missing' in found) context.skip(found.missing)
  })
  return path
}

/** The one on the PATH, else one that Go installs. */
export async function findGrpcurl(): Promise<Found> {
  const installed = join(toolsFolder, 'grpcurl', 'grpcurl')
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'grpcurl'))
  for (const path of [...onPath, installed]) if (await exists(path)) return { path }
  return orWhyNot('there is no grpcurl, and Go cannot install it', async () => {
    await mkdir(join(toolsFolder, 'grpcurl'), { recursive: true })
    // Beside its place and then moved there: two test files may be at this at once.
    const folder = await mkdtemp(join(toolsFolder, 'grpcurl', 'new-'))
    try {
      await run('go', ['install', grpcurlPackage], {
        env: { ...process.env, GOBIN: folder },
        timeout: installLimitMs,
      })
      await rename(join(folder, 'grpcurl'), installed)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
    return installed
  })
}

/** Python in an environment of this name, with exactly the packages that the file `requirements` names. */
export async function findPython(name: string, requirements: string): Promise<Found> {
  const folder = join(toolsFolder, name)
  const python = join(folder, 'bin', 'python')
  // Copied last, so that it tells a whole environment of the right versions from any other.
  const label = join(folder, 'requirements.txt')
  if ((await text(label)) === (await text(requirements))) return { path: python }
  return orWhyNot(`there is no Python for ${name}, and none can be set up`, async () => {
    await run('python3', ['-m', 'venv', '--clear', folder])
    // No compiling: where a package has no build for this Python, pip says so at once.
    const pip = ['-m', 'pip', 'install', '--quiet', '--only-binary', ':all:', '--requirement', requirements]
    await run(python, pip, { timeout: installLimitMs })
    await copyFile(requirements, label)
    return python
  })
}

async function orWhyNot(problem: string, install: () => Promise<string>): Promise<Found> {
  try {
    return { path: await install() }
  } catch (error) {
    const { stderr = '', message = String(error) } = error as { stderr?: string; message?: string }
    const words = (stderr.trim() || message).split('\n')
    return { missing: `${problem}: ${words.at(-1)}` }
  }
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

const text = (path: string) => readFile(path, 'utf8').catch(() => undefined)
