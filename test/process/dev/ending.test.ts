import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ProjectCopy, type StartedCommand } from '../../support/project-copy.js'
import { until } from '../../support/waiting.js'

/** An ordered stop takes at most 10 s, and the end of the database 5 s more. */
const maxEndMs = 20_000
const npmStart = ['npm', 'start']
const interruptKey = '\x03'

let project: ProjectCopy
beforeAll(async () => {
  project = await ProjectCopy.create()
})
afterAll(() => project.remove())

describe.skipIf(!hasPython())('npm start and its database end, and the port is free,', () => {
  test.each<readonly [string, boolean, (command: StartedCommand) => void]>([
    ['after SIGTERM to npm', false, ({ child }) => child.kill('SIGTERM')],
    ['after SIGINT to npm', false, ({ child }) => child.kill('SIGINT')],
    ['after Ctrl-C in a terminal', true, ({ child }) => child.stdin?.write(interruptKey)],
  ])('%s: in order, with exit code 0', async (_, inTerminal, end) => {
    const command = project.start(npmStart, { inTerminal })
    const address = await command.ready()
    const databases = await project.databaseIds()
    expect(databases.filter(isAlive)).toHaveLength(1)
    end(command)
    expect(await command.ended()).toBe(0)
    expect(command.output()).toMatch(/stopping.*stopped/s)
    expect(databases.filter(isAlive)).toEqual([])
    await expectFree(address)
  })

  test('after its terminal was closed', async () => {
    const command = project.start(npmStart, { inTerminal: true })
    const address = await command.ready()
    const databases = await project.databaseIds()
    command.child.kill('SIGKILL')
    await until('the database has ended', () => databases.filter(isAlive).length === 0, maxEndMs)
    await until(
      'the port is free',
      () =>
        expectFree(address).then(
          () => true,
          () => false,
        ),
      maxEndMs,
    )
  })
})

async function expectFree(address: string): Promise<void> {
  const [host = '', port] = address.split(':')
  const server = createServer().listen({ host, port: Number(port) })
  await once(server, 'listening')
  server.close()
  await once(server, 'close')
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version'])
    return true
  } catch {
    return false
  }
}
