import { readFile, writeFile } from 'node:fs/promises'
import { withTables } from './readme-tables.js'
import { serviceConfigFile, serviceConfigJson } from './service-config.js'

/** `npm run tables`: the README's tables and the clients' service config as the code and the contract have them. */
const readme = 'README.md'
await writeFile(readme, withTables(await readFile(readme, 'utf8')))
await writeFile(serviceConfigFile, serviceConfigJson)
