import { utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ProjectCopy } from '../../support/project-copy.js'

let project: ProjectCopy
let changedSource: () => string | undefined
beforeAll(async () => {
  project = await ProjectCopy.create()
  const compile = await import(pathToFileURL(join(project.folder, 'dev', 'compile.mjs')).href)
  changedSource = compile.changedSource
})
afterAll(() => project.remove())

test('a build that is complete is up to date', () => {
  expect(changedSource()).toBeUndefined()
})

test.each([
  'src/main.ts',
  'proto/messagecontacts/v1/message_contact.proto',
  'dev/protoc-gen-source-info.mjs',
  'buf.gen.yaml',
  'package-lock.json',
])('a build is out of date after a change of %s', async (file) => {
  const path = join(project.folder, file)
  const later = new Date(Date.now() + 60_000)
  await utimes(path, later, later)
  expect(changedSource()).toBe(file)
  await utimes(path, 0, 0)
})
