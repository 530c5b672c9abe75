import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { ProjectCopy } from '../../support/project-copy.js'
import { uniqueName } from '../../support/running-service.js'

const run = promisify(execFile)

let project: ProjectCopy
beforeAll(async () => {
  project = await ProjectCopy.create()
})
afterAll(() => project.remove())

test('npm run dev:secure serves over TLS those who have the token, and prints commands that work', async () => {
  const command = project.start(['sh', '-c', await project.script('dev:secure')], {
    environment: { MONGODB_URI: inject('mongodbUri'), MONGODB_DATABASE: uniqueName('secure') },
  })
  await command.ready()
  const output = command.output()
  const [addContact = ''] = /^ {4}npx buf curl [\s\S]*AddMessageContact$/m.exec(output) ?? []
  const [listContacts = ''] = /^ {4}grpcurl [\s\S]*ListMessageContacts$/m.exec(output) ?? []
  const inShell = (text: string) => run('sh', ['-c', text], { cwd: project.folder })
  const added = JSON.parse((await inShell(addContact)).stdout) as { readonly contact: object }
  expect(added.contact).toMatchObject({ name: 'Tom' })
  // The same options as grpcurl has.
  const list = listContacts
    .replace('grpcurl -cacert', 'npx buf curl --protocol grpc --schema proto --cacert')
    .replace(/ ([\d.:]+) (\S+)$/, ' https://$1/$2')
  expect(JSON.parse((await inShell(list)).stdout)).toMatchObject({ contacts: [{ name: 'Tom' }] })
  const withoutToken = addContact.replace(/-H '[^']*'/, '')
  await expect(inShell(withoutToken)).rejects.toMatchObject({ stderr: expect.stringContaining('unauthenticated') })
  command.child.kill('SIGTERM')
  expect(await command.ended()).toBe(0)
})
