import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ProgramOptions } from '../service-process.js'

const run = promisify(execFile)
const projectFolder = fileURLToPath(new URL('../../..', import.meta.url))

/** The program of the image that runs Node. */
const imageNode = '/nodejs/bin/node'

interface Stage {
  /** The folder that stands for its root. */
  readonly root: string
  workFolder: string
}

/**
 * The tree of an image, made by the steps of the Dockerfile in folders of this machine. The base images are not there: the programs are
 * those of this machine. Development dependencies are not installed again, but those of the project are used.
 */
export class ImageTree {
  readonly environment: Record<string, string> = {}
  /** Instructions of the last stage with a list of arguments, such as ENTRYPOINT; HEALTHCHECK is its command. */
  readonly commands = new Map<string, readonly string[]>()
  uid = 0
  readonly #base: string
  readonly #stages = new Map<string, Stage>()
  #stage: Stage = { root: '', workFolder: '/' }
  /** What .dockerignore passes on to the build. */
  readonly #context: readonly string[]

  private constructor(base: string, context: readonly string[]) {
    this.#base = base
    this.#context = context
  }

  static async build(): Promise<ImageTree> {
    const base = await mkdtemp(join(tmpdir(), 'message-contacts-'))
    // For the user of the image.
    await chmod(base, 0o755)
    const ignoreLines = (await readFile(join(projectFolder, '.dockerignore'), 'utf8')).split('\n')
    const tree = new ImageTree(
      base,
      ignoreLines.filter((line) => line.startsWith('!')).map((line) => line.slice(1)),
    )
    try {
      const lines = (await readFile(join(projectFolder, 'Dockerfile'), 'utf8')).replaceAll(/\\\n */g, '').split('\n')
      for (const line of lines.filter((one) => one !== '' && !one.startsWith('#'))) await tree.#step(line)
    } catch (error) {
      await tree.remove()
      throw error
    }
    await run('chmod', ['-R', 'a-w,a+rX', tree.#stage.root])
    return tree
  }

  /** The work folder of the image. */
  get folder(): string {
    return this.#pathOf('.')
  }

  /** A command of the image, run by its user in its work folder. Only root may become another user. */
  program(command: readonly string[]): ProgramOptions {
    const replaced = command.map((part) => (part === imageNode ? process.execPath : part))
    return { command: replaced, folder: this.folder, uid: process.getuid?.() === 0 ? this.uid : undefined }
  }

  async remove(): Promise<void> {
    await run('chmod', ['-R', 'u+w', this.#base])
    await rm(this.#base, { recursive: true, force: true })
  }

  async #step(line: string): Promise<void> {
    const [instruction = '', ...words] = line.split(/ +/)
    const rest = words.join(' ')
    switch (instruction) {
      case 'FROM':
        return this.#from(words)
      case 'WORKDIR':
        this.#stage.workFolder = rest
        await mkdir(this.folder, { recursive: true })
        return
      case 'COPY':
        return this.#copy(words)
      case 'RUN':
        return this.#run(rest)
      case 'ENV':
        Object.assign(this.environment, Object.fromEntries(words.map((word) => word.split('=', 2))))
        return
      case 'USER':
        this.uid = Number(rest.split(':', 1))
        return
      case 'HEALTHCHECK':
      case 'ENTRYPOINT':
      case 'CMD':
        this.commands.set(instruction, JSON.parse(rest.slice(rest.indexOf('['))))
        return
      case 'EXPOSE':
        return
      default:
        throw new Error(`the Dockerfile has an instruction that this test does not know: ${line}`)
    }
  }

  async #from([, , name = 'image']: readonly string[]): Promise<void> {
    this.#stage = { root: join(this.#base, name), workFolder: '/' }
    this.#stages.set(name, this.#stage)
    await mkdir(this.#stage.root)
  }

  #pathOf(path: string): string {
    return join(this.#stage.root, posix.resolve(this.#stage.workFolder, path))
  }

  async #copy(words: readonly string[]): Promise<void> {
    const [from] = words.filter((word) => word.startsWith('--from='))
    const paths = words.filter((word) => !word.startsWith('--'))
    const target = paths.at(-1) ?? ''
    for (const path of paths.slice(0, -1)) {
      const source = from
        ? join(this.#stages.get(from.slice('--from='.length))?.root ?? '', path)
        : this.#inContext(path)
      // A folder is copied as its contents, a file into the target if that ends with a slash.
      const isInto = (await stat(source)).isFile() && target.endsWith('/')
      await cp(source, this.#pathOf(isInto ? join(target, basename(path)) : target), {
        recursive: true,
        preserveTimestamps: true,
        filter: (file) => !file.startsWith(join(projectFolder, 'src', 'gen')),
      })
    }
  }

  #inContext(path: string): string {
    if (!this.#context.includes(path)) throw new Error(`.dockerignore leaves out ${path}, which the Dockerfile copies`)
    return join(projectFolder, path)
  }

  async #run(command: string): Promise<void> {
    if (command === 'npm ci --ignore-scripts')
      await symlink(join(projectFolder, 'node_modules'), this.#pathOf('node_modules'))
    else await run('sh', ['-c', command], { cwd: this.folder })
  }
}
