import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSettings } from '../../../src/settings.js'
import { imageEnvironment, projectFolder, readYaml } from '../../support/packaging/deploy-files.js'

const { services } = readYaml('compose.yaml')
const service = services['message-contacts']
const secret = '0123456789abcdef0123456789abcdef'
const readServiceSettings = () => readSettings({ ...imageEnvironment, ...service.environment }, () => secret)
const listOf = (key: 'ports' | 'volumes') =>
  Object.values(services).flatMap((one) => (one as { ports?: string[]; volumes?: string[] })[key] ?? [])

describe('compose.yaml', () => {
  test('has valid settings', () => {
    const settings = readServiceSettings()
    expect(settings).toMatchObject({ VERIFICATION_SECRETS: [secret], SMTP_URL: { host: 'mail', port: 1025 } })
    const names = new URL(settings.MONGODB_URI.replace(/^mongodb:/, 'http:').replaceAll(',', '.')).hostname.split('.')
    expect(Object.keys(services)).toEqual(expect.arrayContaining(names))
    expect(names).toHaveLength(3)
  })

  test('gives the service time to stop', () => {
    const { SHUTDOWN_DELAY_SECONDS, SHUTDOWN_TIMEOUT_SECONDS } = readServiceSettings()
    const maxStopSeconds = SHUTDOWN_DELAY_SECONDS + SHUTDOWN_TIMEOUT_SECONDS + 2
    expect(Number(service.stop_grace_period.replace('s', ''))).toBeGreaterThan(maxStopSeconds)
  })

  test('asks for the readiness with the program of the image', () => {
    const [entryPoint] = /(?<=^ENTRYPOINT ).*/m.exec(readFileSync(join(projectFolder, 'Dockerfile'), 'utf8')) ?? []
    expect(service.healthcheck.test).toEqual(['CMD', ...JSON.parse(entryPoint ?? ''), 'health'])
  })

  test('opens ports to this machine only', () => {
    const ports = listOf('ports')
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
    expect(ports).toHaveLength(4)
  })

  test('leads callers to the port that the service listens on', () => {
    const { host, port } = readServiceSettings().LISTEN
    expect(host).toBe('0.0.0.0')
    expect(service.ports).toEqual([`127.0.0.1:${port}:${port}`])
  })

  test('mounts files and folders that this project has', () => {
    const paths = listOf('volumes').flatMap((volume) => (volume.startsWith('./') ? volume.split(':', 1) : []))
    expect(paths.filter((path) => !existsSync(join(projectFolder, path)))).toEqual([])
    expect(paths).toHaveLength(3)
  })

  test('gives Grafana the dashboard where it looks for dashboards, and the Prometheus beside it', () => {
    const provisioning = ['deploy', 'grafana', 'provisioning']
    const [provider] = readYaml(...provisioning, 'dashboards', 'message-contacts.yaml').providers
    const [source] = readYaml(...provisioning, 'datasources', 'prometheus.yaml').datasources
    const targets = services.grafana.volumes.map((volume: string) => volume.split(':')[1])
    expect(targets).toEqual(['/etc/grafana/provisioning', `${provider.options.path}/message-contacts.json`])
    expect(Object.keys(services)).toContain(new URL(source.url).hostname)
  })

  test('collects the metrics of the service', () => {
    const [job] = readYaml('deploy', 'prometheus', 'prometheus.yml').scrape_configs
    const [, port] = service.environment.ADMIN_LISTEN.split(':')
    expect(job.static_configs).toEqual([{ targets: [`message-contacts:${port}`] }])
  })
})
