import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSettings as readModuleSettings } from '../../../src/config/read-settings.js'
import { databaseSettings } from '../../../src/database/settings.js'
import { MessageContactService } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { readSettings } from '../../../src/settings.js'
import { kubernetesFolder, projectFolder, readManifest } from '../../support/packaging/deploy-files.js'

const project = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8'))
const dockerfile = readFileSync(join(projectFolder, 'Dockerfile'), 'utf8')
const deployment = readManifest('deployment.yaml')
const pod = deployment.spec.template
const job = readManifest('prepare-database.yaml')
const environment = readManifest('settings.yaml').data
const secrets = readManifest('secret.example.yaml').stringData
const [container] = pod.spec.containers
const [jobContainer] = job.spec.template.spec.containers

/** Reads a file of the secret, where the pod has it. */
function readSecretFile(path: string): string {
  const { mountPath } = container.volumeMounts[0]
  return secrets[path.replace(`${mountPath}/`, '')]
}

describe('the manifests for Kubernetes', () => {
  test('have valid settings', () => {
    const settings = readSettings(environment, readSecretFile)
    expect(settings.LISTEN).toEqual({ host: '0.0.0.0', port: 50051 })
    expect(settings.SMTP_URL).toMatchObject({ host: 'mail.example.com' })
  })

  test('prepare the database with its address only', () => {
    const [{ name, value }, ...others] = jobContainer.env
    const settings = readModuleSettings(databaseSettings, {}, { [name]: value }, readSecretFile)
    expect(settings.MONGODB_URI).toBe(secrets['mongodb-uri'])
    expect(others).toEqual([])
    expect(job.spec.template.spec.volumes[0].secret.items).toEqual([{ key: 'mongodb-uri', path: 'mongodb-uri' }])
    expect(jobContainer.args).toEqual(['prepare-database'])
  })

  test('ask for names that have a health', () => {
    const port = readSettings(environment, readSecretFile).LISTEN.port
    const readiness = { port, service: MessageContactService.typeName }
    expect(container.startupProbe.grpc).toEqual(readiness)
    expect(container.readinessProbe.grpc).toEqual(readiness)
    expect(container.livenessProbe.grpc).toEqual({ port, service: 'liveness' })
  })

  test('kill no pod that stops in time', () => {
    const { SHUTDOWN_DELAY_SECONDS, SHUTDOWN_TIMEOUT_SECONDS } = readSettings(environment, readSecretFile)
    const maxStopSeconds = SHUTDOWN_DELAY_SECONDS + SHUTDOWN_TIMEOUT_SECONDS + 2
    expect(pod.spec.terminationGracePeriodSeconds).toBeGreaterThan(maxStopSeconds)
  })

  test.each([
    ['the service', pod.spec, container],
    ['the job', job.spec.template.spec, jobContainer],
  ])(
    'run %s as the user of the image, from a file system that cannot be written to',
    (_, spec, { image, securityContext }) => {
      expect(dockerfile).toContain(`\nUSER ${spec.securityContext.runAsUser}:${spec.securityContext.runAsGroup}\n`)
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
      expect(spec.automountServiceAccountToken).toBe(false)
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
      expect(image).toMatch(new RegExp(`:${project.version}$`))
    },
  )

  test('lead callers and Prometheus to ports that are open, in the policy too', () => {
    const ports = Object.fromEntries(container.ports.map((port: { name: string }) => [port.name, port]))
    const servicePorts: readonly { readonly name: string; readonly targetPort: string; readonly port: number }[] =
      readManifest('service.yaml').spec.ports
    for (const { targetPort, port } of servicePorts) expect(ports[targetPort]).toMatchObject({ containerPort: port })
    const [endpoint] = readManifest('service-monitor.yaml').spec.endpoints
    expect(servicePorts.map(({ name }) => name)).toContain(endpoint.port)
    const allowed = readManifest('network-policy.yaml').spec.ingress.flatMap(
      (rule: { ports: readonly { port: number }[] }) => rule.ports.map(({ port }) => port),
    )
    expect(allowed).toEqual(servicePorts.map(({ port }) => port))
  })

  test('select the pods of the deployment', () => {
    const { labels } = pod.metadata
    expect(deployment.spec.selector.matchLabels).toEqual(labels)
    expect(readManifest('service.yaml').spec.selector).toEqual(labels)
    expect(readManifest('pod-disruption-budget.yaml').spec.selector.matchLabels).toEqual(labels)
    expect(readManifest('service-monitor.yaml').spec.selector.matchLabels).toEqual(
      readManifest('service.yaml').metadata.labels,
    )
    expect(readManifest('horizontal-pod-autoscaler.yaml').spec.scaleTargetRef.name).toBe(deployment.metadata.name)
    const [expression] = readManifest('network-policy.yaml').spec.podSelector.matchExpressions
    const podNames = [pod, job.spec.template].map(({ metadata }) => metadata.labels['app.kubernetes.io/name'])
    expect(expression.values).toEqual(podNames)
  })

  test('are all applied together, except for those that come before a rollout', () => {
    const { resources } = readManifest('kustomization.yaml')
    const separate = ['kustomization.yaml', 'prepare-database.yaml', 'secret.example.yaml']
    expect([...resources, ...separate].sort()).toEqual(readdirSync(kubernetesFolder).sort())
  })
})
