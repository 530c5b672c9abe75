import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { freePort } from '../../../dev/database.js'
import { ImageTree } from '../../support/packaging/image-tree.js'
import { runProgram } from '../../support/packaging/run-program.js'
import { uniqueName, verificationSecrets } from '../../support/running-service.js'
import { ServiceProcess } from '../../support/service-process.js'

const MONGODB_URI = inject('mongodbUri')

describe('the image of the Dockerfile', () => {
  let image: ImageTree
  beforeAll(async () => {
    image = await ImageTree.build()
  }, 600_000)
  afterAll(() => image.remove())

  const commandOf = (instruction: string) => image.commands.get(instruction) ?? []

  test('has the program and the packages that it needs, and nothing else', () => {
    expect(readdirSync(image.folder).sort()).toEqual(['LICENSE', 'dist', 'node_modules', 'package.json'])
    expect(readdirSync(`${image.folder}/dist`).sort()).toEqual(['explorer', 'src'])
    const packages = readdirSync(`${image.folder}/node_modules`)
    expect(packages).toEqual(expect.arrayContaining(['mongodb', 'zod']))
    expect(packages).not.toContain('typescript')
  })

  test('serves as a user without rights from a file system that cannot be written to, and is healthy', async () => {
    const environment = {
      ...image.environment,
      LISTEN: `127.0.0.1:${await freePort()}`,
      MONGODB_URI,
      MONGODB_DATABASE: uniqueName('image'),
      VERIFICATION_SECRETS: verificationSecrets,
    }
    const healthCheck = () => runProgram(image.program(commandOf('HEALTHCHECK')), environment)
    const files = () =>
      execFileSync('find', [image.folder, '-printf', '%p %m %u %T@\n'], { maxBuffer: 2 ** 26 }).toString()
    const before = files()
    expect(image.uid).toBeGreaterThan(0)
    expect(await healthCheck()).toEqual({ exitCode: 1, stdout: 'UNAVAILABLE\n', stderr: '' })
    const program = image.program([...commandOf('ENTRYPOINT'), ...commandOf('CMD')])
    const service = await ServiceProcess.start({ environment, program })
    expect(await healthCheck()).toEqual({ exitCode: 0, stdout: 'SERVING\n', stderr: '' })
    service.signal('SIGTERM')
    expect(await service.exit()).toBe(0)
    expect(files()).toBe(before)
  })

  test('listens on every address by default', () => {
    expect(image.environment).toEqual({ NODE_ENV: 'production', LISTEN: '0.0.0.0:50051' })
  })
})
