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
import { checkerRequirements, projectFolder, readManifest, readYaml } from '../../support/packaging/deploy-files.js'

const run = promisify(execFile)
const chart = join(projectFolder, 'deploy', 'helm', 'message-contacts')
const exampleValues = join(projectFolder, 'deploy', 'helm', 'values.example.yaml')

/** The version of Kubernetes that the chart asks for at least: Helm would assume one that depends on its own build. */
const kubeVersion = '1.27.0'

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

const sorted = (objects: readonly KubernetesObject[]) => objects.toSorted((a, b) => a.kind.localeCompare(b.kind))

describe('the Helm chart', () => {
  const helm = needs(findHelm)
  const python = needs(() => findPython('packaging-checks', checkerRequirements))

  /** What Helm would send to Kubernetes, as text. */
  const template = async (release: string, values: readonly string[]) => {
    const options = ['--kube-version', kubeVersion, '--values', exampleValues, ...values]
    const { stdout } = await run(helm(), ['template', release, chart, ...options])
    return stdout
  }
  const render = async (release: string, ...values: readonly string[]) => {
    const documents = parseAllDocuments(await template(release, values))
    return documents.map((document): KubernetesObject => document.toJS())
  }
  const renderByKind = async (...values: readonly string[]) => {
    const objects = await render('message-contacts', ...values)
    return Object.fromEntries(objects.map((object) => [object.kind, object]))
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
    const { stdout } = await run(helm(), [
      'lint',
      '--strict',
      chart,
      '--kube-version',
      kubeVersion,
      '--values',
      exampleValues,
    ])
    expect(stdout).toContain('1 chart(s) linted, 0 chart(s) failed')
  })

  test('makes the objects of deploy/kubernetes from the example of values', async () => {
    const objects = await render('message-contacts', '--set', 'serviceMonitor.enabled=true')
    const resources: readonly string[] = readManifest('kustomization.yaml').resources
    const manifests = [...resources, 'prepare-database.yaml'].map(readManifest)
    expect(sorted(objects.map(withoutHelm))).toEqual(sorted(manifests))
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
    const { Deployment, Service, NetworkPolicy } = await renderByKind(...otherValues)
    const { containers, ...pod } = Deployment.spec.template.spec
    const health = ['/nodejs/bin/node', 'dist/src/main.js', 'health', '--service']
    expect(pod).toMatchObject({
      terminationGracePeriodSeconds: 45,
      imagePullSecrets: [{ name: 'registry-password' }],
      volumes: [{ name: 'secrets' }, { name: 'certificate', secret: { secretName: 'certificate' } }],
    })
    expect(containers[0]).toMatchObject({
      image: 'registry.example.com/message-contacts:0.3.0',
      volumeMounts: [{ name: 'secrets' }, { name: 'certificate', mountPath: '/run/secrets/certificate' }],
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
    const { Job } = await renderByKind(...names.flatMap((name) => ['--set', `settings.${name}=${file}`]))
    const { containers, volumes } = Job.spec.template.spec
    expect(containers[0].env).toEqual(names.toSorted().map((name) => ({ name, value: file })))
    expect(volumes[0].secret.items).toEqual([{ key: 'uri', path: 'uri' }])
    expect(Job.metadata.annotations).toMatchObject({ 'helm.sh/hook': 'pre-install,pre-upgrade' })
  })

  test('starts new pods for new settings', async () => {
    const checksumOf = async (...values: readonly string[]) =>
      (await renderByKind(...values)).Deployment.spec.template.metadata.annotations['checksum/settings']
    expect(await checksumOf()).toBe(await checksumOf())
    expect(await checksumOf('--set', 'settings.LOG_LEVEL=debug')).not.toBe(await checksumOf())
  })

  test('gives the monitor the labels by which Prometheus finds it', async () => {
    const values = ['--set', 'serviceMonitor.enabled=true,serviceMonitor.labels.release=prometheus']
    const { Service, ServiceMonitor } = await renderByKind(...values)
    expect(ServiceMonitor.metadata.labels).toEqual({ ...Service.metadata.labels, release: 'prometheus' })
  })

  test('can be installed twice in one namespace', async () => {
    const objects = await render('staging')
    expect(objects.map(({ metadata }) => metadata.name)).toEqual(
      objects.map(({ kind }) => `staging-message-contacts${kind === 'Job' ? '-prepare-database' : ''}`),
    )
    const selectors = objects.flatMap(({ spec }) => [spec?.podSelector ?? spec?.selector ?? []].flat())
    expect(selectors).toHaveLength(4)
    for (const selector of selectors)
      expect(selector.matchLabels ?? selector).toMatchObject({ 'app.kubernetes.io/instance': 'staging' })
  })

  test('says what must be given', async () => {
    const { stderr } = await run(helm(), ['template', chart, '--kube-version', kubeVersion]).catch((error) => error)
    expect(stderr.trim().split('\n').slice(2).sort()).toEqual([
      "- at '': missing property 'secretName'",
      "- at '/image': missing property 'repository'",
      "- at '/networkPolicy': missing property 'callers'",
      "- at '/settings': missing properties 'TLS', 'AUTHENTICATION'",
    ])
  })

  test.each([
    ['secretName=', "at '/secretName': minLength: got 0, want 1"],
    ['settings.AUTHENTICATION=null', "at '/settings': missing property 'AUTHENTICATION'"],
    ['settings.TLS=maybe', "at '/settings/TLS': value must be one of 'on', 'off'"],
    ['settings.MAX_CONNECTIONS=5', "at '/settings/MAX_CONNECTIONS': got number, want string"],
    ['settings.LISTEN=127.0.0.1:50051', "at '/settings/LISTEN': '127.0.0.1:50051' does not match pattern"],
    ['settings.SHUTDOWN_DELAY_SECONDS=5s', "at '/settings/SHUTDOWN_DELAY_SECONDS': '5s' does not match pattern"],
    ['replicas.min=0', "at '/replicas/min': minimum: got 0, want 1"],
    ['networkPolicy.callers=null', "at '/networkPolicy': missing property 'callers'"],
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

  test.each(['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'])(
    'refuses %s among the settings',
    async (name) => {
      expect(await refusal('--set', `settings.${name}=api-key=s3cret`)).toContain(
        `settings.${name} may contain a secret: put its value into the Secret, with the key otlp-headers`,
      )
    },
  )

  test('takes the headers for a collector from the Secret, if it has them', async () => {
    const { Deployment } = await renderByKind('--set', 'secretName=secrets')
    expect(Deployment.spec.template.spec.containers[0].env).toEqual([
      {
        name: 'OTEL_EXPORTER_OTLP_HEADERS',
        valueFrom: { secretKeyRef: { name: 'secrets', key: 'otlp-headers', optional: true } },
      },
    ])
  })
})
