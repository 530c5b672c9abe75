import { readFile, writeFile } from 'node:fs/promises'
import { withTables } from './readme-tables.js'

/** `npm run tables`: the README's tables as the code has them. */
const readme = 'README.md'
await writeFile(readme, withTables(await readFile(readme, 'utf8')))
