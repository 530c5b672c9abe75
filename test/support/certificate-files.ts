import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The files that the settings of TLS name, in a folder of their own. */
export class CertificateFiles {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async create(files: Readonly<Record<string, string>>): Promise<CertificateFiles> {
    const created = new CertificateFiles(await mkdtemp(join(tmpdir(), 'certificates-')))
    await created.write(files)
    return created
  }

  path(name: string): string {
    return join(this.#folder, name)
  }

  /** Replaces each file at once: nobody reads half of it. */
  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      await writeFile(this.path(`${name}.new`), text)
      await rename(this.path(`${name}.new`), this.path(name))
    }
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true })
  }
}
