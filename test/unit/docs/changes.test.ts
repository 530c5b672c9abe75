import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { changes } from '../../../dev/explorer/changes.js'
import { MessageContactService } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'

const changelog = readFileSync(new URL('../../../CHANGELOG.md', import.meta.url), 'utf8')
/** The text of CHANGELOG.md by version and date, such as `0.2.0 2026-11-28`. */
const sections = new Map(
  changelog
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [title = ''] = section.split('\n')
      return [title.replaceAll(/[[\]]|- /g, '').toLowerCase(), section]
    }),
)
const titleOf = ({ version, date }: (typeof changes)[number]) => (date === undefined ? version : `${version} ${date}`)
const operations = MessageContactService.methods.map(({ name }) => name)

describe('the changes that the explorer shows', () => {
  test('belong to versions of the changelog, with their dates', () => {
    expect(changes.map(titleOf).filter((title) => !sections.has(title))).toEqual([])
  })

  test('have every operation of the contract added once, in the version whose changelog names it', () => {
    const added = changes.filter(({ kind }) => kind === 'added')
    expect(added.map(({ operation }) => operation).toSorted()).toEqual(operations.toSorted())
    expect(added.filter((change) => !sections.get(titleOf(change))?.includes(`\`${change.operation}\``))).toEqual([])
  })

  test('name only operations that the contract has, unless they were removed', () => {
    const removed = changes.filter(({ kind }) => kind === 'removed').map(({ operation }) => operation)
    expect(changes.filter(({ operation }) => ![...operations, ...removed].includes(operation))).toEqual([])
  })

  test('stand in the order of the changelog', () => {
    const titles = [...sections.keys()]
    const positions = changes.map((change) => titles.indexOf(titleOf(change)))
    expect(positions).toEqual(positions.toSorted((first, second) => first - second))
  })
})
