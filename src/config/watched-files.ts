import { readFile } from 'node:fs/promises'
import { ConfigurationError } from './read-settings.js'

export interface WatchedFilesOptions<Content> {
  readonly paths: readonly string[]
  /** Makes what is used of the texts of the files, in the order of `paths`. Throws ConfigurationError if they cannot be used. */
  readonly parse: (texts: readonly Buffer[]) => Content
  /** Called with every new content, also with the first one. */
  readonly onChange?: (content: Content) => void
  /** Called once for each version of the files that cannot be used, with what is wrong. The last good one stays in use. */
  readonly onRejected: (problems: readonly string[]) => void
}

/** How often the files are read, in milliseconds. A new version is in use after two readings. */
const intervalMs = 500

/**
 * The content of files that may be replaced while the process runs. The files are read again and again, because notifications of the file
 * system miss changes on network volumes and behind symbolic links.
 */
export class WatchedFiles<Content> {
  readonly #options: WatchedFilesOptions<Content>
  #content: Content
  /** The version in use, or the one rejected last. */
  #judged: string
  #lastRead: string
  #timer: NodeJS.Timeout | undefined

  private constructor(options: WatchedFilesOptions<Content>, content: Content, version: string) {
    this.#options = options
    this.#content = content
    this.#judged = version
    this.#lastRead = version
  }

  /** Reads the files for the first time. Rejects if they cannot be read or used. */
  static async open<Content>(options: WatchedFilesOptions<Content>): Promise<WatchedFiles<Content>> {
    const texts = await readAll(options.paths)
    const content = options.parse(texts)
    options.onChange?.(content)
    return new WatchedFiles(options, content, versionOf(texts))
  }

  /** The last good content. */
  get content(): Content {
    return this.#content
  }

  start(): void {
    this.#timer = setTimeout(() => void this.check().then(() => this.#timer && this.start()), intervalMs)
    this.#timer.unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /**
   * Reads the files once. A version is judged when two readings in a row gave it: files that belong together are replaced one after the
   * other.
   */
  async check(): Promise<void> {
    const texts = await readAll(this.#options.paths).catch((error: Error) => error)
    const version = versionOf(texts)
    const isStable = version === this.#lastRead
    this.#lastRead = version
    if (!isStable || version === this.#judged) return
    this.#judged = version
    try {
      if (texts instanceof Error) throw texts
      this.#content = this.#options.parse(texts)
      this.#options.onChange?.(this.#content)
    } catch (error) {
      this.#options.onRejected(error instanceof ConfigurationError ? error.problems : ['cannot be read'])
    }
  }
}

const readAll = (paths: readonly string[]): Promise<Buffer[]> => Promise.all(paths.map((path) => readFile(path)))

const versionOf = (texts: readonly Buffer[] | Error): string =>
  texts instanceof Error ? String(texts) : texts.map((text) => text.toString('base64')).join()
