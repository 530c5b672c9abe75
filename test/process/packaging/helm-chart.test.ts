import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { describeSettings } from '../../../src/config/read-settings.js'
import { databaseSettings } from '../../../src/database/settings.js'
import { settingsSchema } from '../../../src/settings.js'
import { findHelm, findPython, needs } from '../../support/clients/programs.js'
import { projectFolder, readManifest, readYaml } from '../../support/packaging/deploy-files.js'

const run = promisify(execFile)
const chart = join(projectFolder, 'deploy', 'helm', 'message-contacts')
const exampleValues = join(projectFolder, 'deploy', 'helm', 'values.example.yaml')
const requirements = join(projectFolder, 'test', 'support', 'packaging', 'requirements.txt')

/** What changes the objects beside the example. */
const otherValues = [
  ...['--set-string', 'settings.TLS=on,settings.TLS_CERT_FILE=/run/secrets/certificate/tls.crt'],
  ...['--set-string', 'settings.LISTEN=[::]:8443,settings.HTTP_LISTEN=0.0.0.0:8080'],
  ...['--set-string', 'settings.SHUTDOWN_DELAY_SECONDS=20,image.tag=0.3.0,certificateSecretName=certificate'],
  ...['--set', 'settings.ADMIN_LISTEN=null,imagePullSecrets[0].name=registry-password'],
]

// biome-ignore lint/suspicious/noExplicitAny: a type for each object would repeat the chart.
type KubernetesObject = any

/** What Helm and the chart add to the manifests: labels and annotations, and an object of labels that has no other. */
function withoutHelm(object: KubernetesObject): KubernetesObject {
  const isAdded = (name: string) =>
    /^(helm\.sh\/|checksum\/|app\.kubernetes\.io\/(instance|version|managed-by)$)/.test(name)
  return JSON.parse(JSON.stringify(object), (name, value) =>
    isAdded(name) || (typeof value === 'object' && Object.keys(value).length === 0) ? undefined : value,
  )
}

const byKind = (objects: readonly KubernetesObject[]) => Object.fromEntries(objects.map((one) => [one.kind, one]))

describe('the Helm chart', () => {
  const helm = needs(findHelm)
  const python = needs(() => findPython('packaging-checks', requirements))

  const template = async (release: string, values: readonly string[]) => {
    const { stdout } = await run(helm(), ['template', release, chart, '--values', exampleValues, ...values])
    return stdout
  }
  const render = async (release: string, ...values: readonly string[]) => {
    const documents = parseAllDocuments(await template(release, values))
    return byKind(documents.map((document) => document.toJS()))
  }
  const refusal = (...values: readonly string[]) =>
    template('message-contacts', values).then(
      () => 'none',
      ({ stderr }) => stderr,
    )

  test('has the version of the service', async () => {
    const { version } = JSON.parse(await readFile(join(projectFolder, 'package.json'), 'utf8'))
    expect(readYaml('deploy', 'helm', 'message-contacts', 'Chart.yaml')).toMatchObject({ version, appVersion: version })
  })

  test('has no fault that Helm finds', async () => {
    const { stdout } = await run(helm(), ['lint', '--strict', chart, '--values', exampleValues])
    expect(stdout).toContain('1 chart(s) linted, 0 chart(s) failed')
  })

  test('makes the objects of deploy/kubernetes from the example of values', async () => {
    const objects = await render('message-contacts', '--set', 'serviceMonitor.enabled=true')
    const resources: readonly string[] = readManifest('kustomization.yaml').resources
    const manifests = [...resources, 'prepare-database.yaml'].map(readManifest)
    expect(withoutHelm(objects)).toEqual(byKind(manifests))
  })

  test.each([
    ['the example', []],
    ['other values', otherValues],
  ])('makes objects without faults, and without fields that Kubernetes does not know, from %s', async (_, values) => {
    const folder = await mkdtemp(join(tmpdir(), 'message-contacts-'))
    try {
      const file = join(folder, 'objects.yaml')
      await writeFile(file, await template('message-contacts', values))
      const options = ['-m', 'kubernetes_validate', '--strict', '--quiet', file]
      await expect(run(python(), options)).resolves.toEqual({ stdout: '', stderr: '' })
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('derives ports, probes and the time to stop from the settings', async () => {
    const { Deployment, Service, NetworkPolicy } = await render('message-contacts', ...otherValues)
    const { containers, ...pod } = Deployment.spec.template.spec
    const health = ['/nodejs/bin/node', 'dist/src/main.js', 'health', '--service']
    expect(pod).toMatchObject({
      terminationGracePeriodSeconds: 45,
      imagePullSecrets: [{ name: 'registry-password' }],
      volumes: [{ name: 'secrets' }, { name: 'certificate', secret: { secretName: 'certificate' } }],
    })
    expect(containers[0]).toMatchObject({
      image: 'registry.example.com/message-contacts:0.3.0',
      ports: [
        { name: 'grpc', containerPort: 8443 },
        { name: 'http', containerPort: 8080 },
      ],
      startupProbe: { exec: { command: [...health, 'messagecontacts.v1.MessageContactService'] } },
      livenessProbe: { exec: { command: [...health, 'liveness'] } },
      readinessProbe: { exec: { command: [...health, 'messagecontacts.v1.MessageContactService'] } },
    })
    expect(Service.spec.ports).toEqual([
      { name: 'grpc', port: 8443, targetPort: 'grpc' },
      { name: 'http', port: 8080, targetPort: 'http' },
    ])
    expect(NetworkPolicy.spec.ingress).toEqual([
      {
        from: [{ namespaceSelector: { matchLabels: { 'message-contacts.example.com/caller': 'true' } } }],
        ports: [
          { protocol: 'TCP', port: 8443 },
          { protocol: 'TCP', port: 8080 },
        ],
      },
    ])
  })

  test('gives the job the settings of the database, and of the Secret only the address', async () => {
    const names = describeSettings(databaseSettings).map(({ name, secret }) => (secret ? `${name}_FILE` : name))
    const file = '/run/secrets/message-contacts/uri'
    const { Job } = await render('message-contacts', ...names.flatMap((name) => ['--set', `settings.${name}=${file}`]))
    const { containers, volumes } = Job.spec.template.spec
    expect(containers[0].env).toEqual(names.toSorted().map((name) => ({ name, value: file })))
    expect(volumes[0].secret.items).toEqual([{ key: 'uri', path: 'uri' }])
    expect(Job.metadata.annotations).toMatchObject({ 'helm.sh/hook': 'pre-install,pre-upgrade' })
  })

  test('starts new pods for new settings', async () => {
    const checksumOf = async (...values: readonly string[]) =>
      (await render('message-contacts', ...values)).Deployment.spec.template.metadata.annotations['checksum/settings']
    expect(await checksumOf()).toBe(await checksumOf())
    expect(await checksumOf('--set', 'settings.LOG_LEVEL=debug')).not.toBe(await checksumOf())
  })

  test('can be installed twice in one namespace', async () => {
    const [first, second] = [await render('message-contacts'), await render('staging')]
    expect(Object.keys(second)).toEqual(Object.keys(first))
    expect(second.Job.metadata.name).toBe('staging-message-contacts-prepare-database')
    for (const { kind, metadata, spec } of Object.values(second).filter(({ kind }) => kind !== 'Job')) {
      expect(metadata.name, kind).toBe('staging-message-contacts')
      const selector = spec?.podSelector?.matchLabels ?? spec?.selector?.matchLabels ?? spec?.selector
      if (selector) expect(selector, kind).toMatchObject({ 'app.kubernetes.io/instance': 'staging' })
    }
  })

  test.each([
    ['image.repository=null', "at '/image': missing property 'repository'"],
    ['secretName=null', "missing property 'secretName'"],
    ['settings.AUTHENTICATION=null', "at '/settings': missing property 'AUTHENTICATION'"],
    ['settings.TLS=maybe', "at '/settings/TLS': value must be one of 'on', 'off'"],
    ['settings.MAX_CONNECTIONS=5', "at '/settings/MAX_CONNECTIONS': got number, want string"],
    ['settings.LISTEN=127.0.0.1:50051', "at '/settings/LISTEN': '127.0.0.1:50051' does not match pattern"],
    ['settings.SHUTDOWN_DELAY_SECONDS=5s', "at '/settings/SHUTDOWN_DELAY_SECONDS': '5s' does not match pattern"],
    ['replicas.min=0', "at '/replicas/min': minimum: got 0, want 1"],
    ['networkPolicy.callers=null', "at '/networkPolicy': missing property 'callers'"],
    ['networkPolicy.monitoring=null', "at '/networkPolicy': missing property 'monitoring'"],
    ['mongodbUri=mongodb://db', "additional properties 'mongodbUri' not allowed"],
    ['serviceMonitor.enabled=true,settings.ADMIN_LISTEN=null', 'serviceMonitor.enabled needs settings.ADMIN_LISTEN'],
  ])('refuses %s, and says why', async (value, reason) => {
    expect(await refusal('--set', value)).toContain(reason)
  })

  test('refuses secrets among the settings', async () => {
    const secrets = describeSettings(settingsSchema).filter(({ secret }) => secret)
    for (const { name } of secrets)
      expect(await refusal('--set', `settings.${name}=s3cret`)).toContain(
        `settings.${name} is a secret: put it into the Secret, and name its file in settings.${name}_FILE`,
      )
    expect(secrets).not.toEqual([])
  })
})
