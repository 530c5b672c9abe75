import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { findComposeReader, findPython, needs } from '../../support/clients/programs.js'
import {
  checkerRequirements,
  kubernetesFolder,
  kubernetesManifests,
  projectFolder,
} from '../../support/packaging/deploy-files.js'

const run = promisify(execFile)

describe('by the rules of its format', () => {
  const python = needs(() => findPython('packaging-checks', checkerRequirements))
  const composeReader = needs(findComposeReader)

  test('the Dockerfile has no fault', async () => {
    await expect(run(join(dirname(python()), 'hadolint'), [join(projectFolder, 'Dockerfile')])).resolves.toMatchObject({
      stdout: '',
    })
  })

  test.each(kubernetesManifests)(
    'deploy/kubernetes/%s has no fault and no field that Kubernetes does not know',
    async (name) => {
      const options = ['-m', 'kubernetes_validate', '--strict', '--quiet', join(kubernetesFolder, name)]
      await expect(run(python(), options)).resolves.toEqual({ stdout: '', stderr: '' })
    },
  )

  test('compose.yaml is understood, and runs the service without rights', async () => {
    const { stdout } = await run(composeReader(), [join(projectFolder, 'compose.yaml')], { cwd: projectFolder })
    const { services } = parse(stdout)
    for (const name of ['message-contacts', 'database-preparation'])
      expect(services[name]).toMatchObject({
        build: { context: projectFolder.replace(/\/$/, '') },
        cap_drop: ['ALL'],
        read_only: true,
        security_opt: ['no-new-privileges:true'],
      })
    expect(services['database-preparation'].environment.MONGODB_URI).toBe(
      services['message-contacts'].environment.MONGODB_URI,
    )
  })
})
