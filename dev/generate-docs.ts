import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { generatedFiles } from './docs/generated-files.js'

/**
 * `npm run docs`: writes the reference pages, the OpenAPI document and the service config for clients. A test compares them with the code.
 * A file that is up to date stays as it is: the build would take it for changed.
 */
for (const [path, content] of Object.entries(generatedFiles())) {
  if (existsSync(path) && readFileSync(path, 'utf8') === content) continue
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}
