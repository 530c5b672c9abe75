import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSettings } from '../../../src/settings.js'
import { projectFolder, readYaml } from '../../support/packaging/deploy-files.js'

const { services } = readYaml('compose.yaml')
const service = services['message-contacts']
const secret = '0123456789abcdef0123456789abcdef'

describe('compose.yaml', () => {
  test('has valid settings', () => {
    const settings = readSettings(service.environment, () => secret)
    expect(settings).toMatchObject({ VERIFICATION_SECRETS: [secret], SMTP_URL: { host: 'mail', port: 1025 } })
    const names = new URL(settings.MONGODB_URI.replace(/^mongodb:/, 'http:').replaceAll(',', '.')).hostname.split('.')
    expect(Object.keys(services)).toEqual(expect.arrayContaining(names))
    expect(names).toHaveLength(3)
  })

  test('gives the service time to stop', () => {
    const { SHUTDOWN_DELAY_SECONDS, SHUTDOWN_TIMEOUT_SECONDS } = readSettings(service.environment, () => secret)
    const maxStopSeconds = SHUTDOWN_DELAY_SECONDS + SHUTDOWN_TIMEOUT_SECONDS + 2
    expect(Number(service.stop_grace_period.replace('s', ''))).toBeGreaterThan(maxStopSeconds)
  })

  test('asks for the readiness with the program of the image', () => {
    const [entryPoint] = /(?<=^ENTRYPOINT ).*/m.exec(readFileSync(join(projectFolder, 'Dockerfile'), 'utf8')) ?? []
    expect(service.healthcheck.test).toEqual(['CMD', ...JSON.parse(entryPoint ?? ''), 'health'])
  })

  test('opens ports to this machine only', () => {
    const ports: readonly string[] = Object.values(services).flatMap((one) => (one as { ports?: string[] }).ports ?? [])
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
    expect(ports).toHaveLength(4)
  })

  test('collects the metrics of the service', () => {
    const [job] = readYaml('deploy', 'prometheus', 'prometheus.yml').scrape_configs
    const [, port] = service.environment.ADMIN_LISTEN.split(':')
    expect(job.static_configs).toEqual([{ targets: [`message-contacts:${port}`] }])
  })
})
