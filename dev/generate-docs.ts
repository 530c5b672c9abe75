import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { generatedFiles } from './docs/generated-files.js'

/** `npm run docs`: writes the reference pages and the service config for clients. A test compares them with the code. */
for (const [path, content] of Object.entries(generatedFiles())) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}
