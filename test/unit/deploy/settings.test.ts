import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { describeSettings, readSettings as readModuleSettings } from '../../../src/config/read-settings.js'
import { databaseSettings } from '../../../src/database/settings.js'
import { readSettings, settingsSchema } from '../../../src/settings.js'
import { imageEnvironment, projectFolder, readManifest, readYaml } from '../../support/packaging/deploy-files.js'

type Variables = Readonly<Record<string, string>>

/** What the service reads. It ignores a variable with another name without a word. */
const names = describeSettings(settingsSchema).flatMap(({ name, secret }) => (secret ? [name, `${name}_FILE`] : [name]))

const { services } = readYaml('compose.yaml')
const secrets: Variables = readManifest('secret.example.yaml').stringData
const [jobContainer] = readManifest('prepare-database.yaml').spec.template.spec.containers
const jobVariables: readonly { readonly name: string; readonly value: string }[] = jobContainer.env
const helmSettings = {
  ...readYaml('deploy', 'helm', 'message-contacts', 'values.yaml').settings,
  ...readYaml('deploy', 'helm', 'values.example.yaml').settings,
}

/** The file of a secret, in which folder it may be. */
const readSecretFile = (path: string) => secrets[basename(path)] ?? expect.fail(`there is no secret ${path}`)
const readAll = (variables: Variables) => readSettings({ ...imageEnvironment, ...variables }, readSecretFile)
const readForDatabase = (variables: Variables) => readModuleSettings(databaseSettings, {}, variables, readSecretFile)

describe('the settings', () => {
  test.each<[string, Variables, (variables: Variables) => unknown]>([
    ['of the service in compose.yaml', services['message-contacts'].environment, readAll],
    ['of the preparation in compose.yaml', services['database-preparation'].environment, readForDatabase],
    ['of deploy/kubernetes', readManifest('settings.yaml').data, readAll],
    [
      'of the job in deploy/kubernetes',
      Object.fromEntries(jobVariables.map(({ name, value }) => [name, value])),
      readForDatabase,
    ],
    ['of the Helm chart with the example of values', helmSettings, readAll],
  ])('%s exist, and the service accepts them', (_, variables, read) => {
    expect(Object.keys(variables).filter((name) => !names.includes(name))).toEqual([])
    expect(() => read(variables)).not.toThrow()
  })

  test('of the image exist, except for the one of Node', () => {
    expect(Object.keys(imageEnvironment).filter((name) => !names.includes(name))).toEqual(['NODE_ENV'])
  })
})

/** The files that have settings, also in comments, templates and schemas. */
const files = ['Dockerfile', 'compose.yaml', ...filesBelow('deploy/kubernetes'), ...filesBelow('deploy/helm')]

function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(projectFolder, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path}`)
    .filter((path) => statSync(join(projectFolder, path)).isFile())
}

/** Variables of Node, Grafana and OpenTelemetry, and a value to be replaced. */
const otherNames = /^(NODE_ENV|OTEL_EXPORTER_OTLP_(TRACES_)?HEADERS|GF_[A-Z_]+|OUTPUT_OF_[A-Z\d_]+)$/

test.each(files)('%s names no setting that does not exist', (path) => {
  const words = readFileSync(join(projectFolder, path), 'utf8').match(/\b[A-Z][A-Z\d]*(?:_[A-Z\d]+)+\b/g) ?? []
  expect(words.filter((word) => !names.includes(word) && !otherNames.test(word))).toEqual([])
})
