import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from './temporary-folder.js'

/** A file that tests replace while a service reads it. It is removed after the tests of the file. */
export class ReplacedFile {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  static async create(text: string): Promise<ReplacedFile> {
    const file = new ReplacedFile(join(await temporaryFolder(), 'file'))
    await file.replace(text)
    return file
  }

  /** In one step, as operators should do it. */
  async replace(text: string): Promise<void> {
    await writeFile(`${this.path}.new`, text)
    await rename(`${this.path}.new`, this.path)
  }
}
