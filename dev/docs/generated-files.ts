import { serviceConfigFile, serviceConfigJson } from '../service-config.js'
import { apiPage } from './api-page.js'
import { readComments } from './comments.js'
import { errorsPage } from './errors-page.js'
import { metricsPage } from './metrics-page.js'
import { openApiDocument } from './openapi.js'
import { settingsPage } from './settings-page.js'

/** The content of every file that `npm run docs` writes, by its path in the project. */
export function generatedFiles(): Readonly<Record<string, string>> {
  const comments = readComments()
  return {
    'docs/api.md': apiPage(comments),
    'docs/errors.md': errorsPage(comments),
    'docs/metrics.md': metricsPage(),
    'docs/openapi.json': openApiDocument(comments),
    'docs/settings.md': settingsPage(),
    [serviceConfigFile]: serviceConfigJson,
  }
}
