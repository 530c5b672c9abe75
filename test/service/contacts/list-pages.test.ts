import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MessageContactStatus, Title } from '../../../src/gen/messagecontacts/v1/message_contact_pb.js'
import type { ListMessageContactsResponse } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { Directory, type ListRequest } from '../../support/directory.js'
import { badRequest, expectRefusal } from '../../support/refusal.js'
import { type RunningService, startService } from '../../support/running-service.js'

/** So many different valid names, in order. */
const namesOf = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    [Math.floor(index / 26), index % 26].map((digit) => String.fromCharCode(97 + digit)).join(''),
  )
const names = ({ contacts }: ListMessageContactsResponse) => contacts.map(({ name }) => name)

describe('the pages of ListMessageContacts', () => {
  let service: RunningService
  /** With 150 contacts. No test changes it. */
  let full: Directory
  beforeAll(async () => {
    service = await startService({ environment: { CONTACTS_PER_DIRECTORY: '150' } })
    full = new Directory(service)
    await full.addAll(namesOf(150))
  })
  afterAll(() => service.stop())

  async function pagesOf(directory: Directory, request: ListRequest): Promise<ListMessageContactsResponse[]> {
    const pages = [await directory.list(request)]
    for (let token = pages.at(-1)?.nextPageToken; token; token = pages.at(-1)?.nextPageToken)
      pages.push(await directory.list({ ...request, pageToken: token }))
    return pages
  }

  test.each([
    ['0, which means 20', 0, [20, 20, 20, 20, 20, 20, 20, 10]],
    ['149, which is reduced to 100', 149, [100, 50]],
    ['50, which divides the list', 50, [50, 50, 50]],
    ['100', 100, [100, 50]],
    ['101, which is reduced to 100', 101, [100, 50]],
    ['2147483647, which is reduced to 100', 2 ** 31 - 1, [100, 50]],
  ])('of page_size %s have every contact once, in order, and the total count', async (_, pageSize, sizes) => {
    const pages = await pagesOf(full, { pageSize })
    expect(pages.map(({ contacts }) => contacts.length)).toEqual(sizes)
    expect(pages.flatMap(names)).toEqual(namesOf(150))
    expect(new Set(pages.map(({ totalCount }) => totalCount))).toEqual(new Set([150]))
  })

  test('of size 1 follow the order of code points outside the basic plane', async () => {
    const directory = new Directory(service)
    const byCodePoint = ['Tom', '\uFA0E\uFA0E', '\u{20000}\u{20000}', '\u{20000}\u{20001}']
    await directory.addAll(byCodePoint)
    expect((await pagesOf(directory, { pageSize: 1 })).map(names)).toEqual(byCodePoint.map((name) => [name]))
  })

  test('contain and count only what matches the filters', async () => {
    const directory = new Directory(service)
    await directory.addAll(['Aa', 'Ab', 'Ac', 'Ba'], { title: Title.CEO })
    await directory.addAll(['Ad', 'Ae'], { title: Title.OTHER })
    const pages = await pagesOf(directory, { pageSize: 2, title: Title.CEO, namePrefix: 'A' })
    expect(pages.map(names)).toEqual([['Aa', 'Ab'], ['Ac']])
    expect(pages.map(({ totalCount }) => totalCount)).toEqual([3, 3])
  })

  test('may have different sizes', async () => {
    const first = await full.list({ pageSize: 3 })
    const second = await full.list({ pageSize: 2, pageToken: first.nextPageToken })
    expect(names(second)).toEqual(namesOf(5).slice(3))
  })

  test('are the same each time they are requested with the same token', async () => {
    const { nextPageToken: pageToken } = await full.list()
    expect(names(await full.list({ pageToken }))).toEqual(names(await full.list({ pageToken })))
  })

  test('neither repeat nor skip a contact if others are added and removed in between', async () => {
    const directory = new Directory(service)
    const [, second, , fourth] = await directory.addAll(['Ba', 'Bb', 'Bc', 'Bd', 'Be'])
    const first = await directory.list({ pageSize: 2 })
    expect(names(first)).toEqual(['Ba', 'Bb'])
    // The last contact of the page is removed, and contacts before and after it are added and removed.
    await directory.remove({ contactId: second?.contactId ?? '' })
    await directory.add({ name: 'Aa' })
    await directory.remove({ contactId: fourth?.contactId ?? '' })
    await directory.add({ name: 'Bf' })
    const rest = await directory.list({ pageToken: first.nextPageToken })
    expect(names(rest)).toEqual(['Bc', 'Be', 'Bf'])
    expect(rest).toMatchObject({ nextPageToken: '', totalCount: 5 })
  })

  test('may show a contact that is renamed in between twice or not at all, and every other one once', async () => {
    const directory = new Directory(service)
    const [first, , third] = await directory.addAll(['Ba', 'Bb', 'Bc', 'Bd'])
    const page = await directory.list({ pageSize: 2 })
    expect(names(page)).toEqual(['Ba', 'Bb'])
    const rename = (contactId = '', name: string) =>
      directory.update({ contactId, name, updateMask: { paths: ['name'] } })
    await rename(first?.contactId, 'Be')
    await rename(third?.contactId, 'Aa')
    const rest = await directory.list({ pageToken: page.nextPageToken })
    expect(names(rest)).toEqual(['Bd', 'Be'])
    expect(rest).toMatchObject({ nextPageToken: '', totalCount: 4 })
  })

  test('are empty if all contacts that they would have shown were removed', async () => {
    const directory = new Directory(service)
    const [, second] = await directory.addAll(['Aa', 'Ab'])
    const { nextPageToken } = await directory.list({ pageSize: 1 })
    await directory.remove({ contactId: second?.contactId ?? '' })
    const next = await directory.list({ pageToken: nextPageToken })
    expect(next).toMatchObject({ contacts: [], nextPageToken: '', totalCount: 1 })
  })

  describe('a page token', () => {
    const refusal = { BadRequest: badRequest(['page_token', 'INVALID_PARAMETER_PAGE_TOKEN']) }
    const filters: ListRequest = { title: Title.TECHNICAL_DIRECTOR, namePrefix: 'a' }

    test('is safe in a URL', async () => {
      const directory = new Directory(service)
      await directory.addAll(['\u{20000}\u{20000}', '\u{20000}\u{20001}', '\uFA0E\uFA0E', '\u9FFF\u9FFF'])
      for (const { nextPageToken } of (await pagesOf(directory, { pageSize: 1 })).slice(0, -1))
        expect(nextPageToken).toMatch(/^[A-Za-z0-9_-]+$/)
    })

    test.each([
      ['another title', { title: Title.CEO }],
      ['no title', { title: Title.UNSPECIFIED }],
      ['another prefix', { namePrefix: 'aa' }],
      ['a status', { status: MessageContactStatus.VERIFYING }],
      ['a message type', { messageType: 3 }],
    ])('is refused with %s', async (_, differences) => {
      const { nextPageToken: pageToken } = await full.list({ ...filters, pageSize: 1 })
      await full.list({ ...filters, pageToken })
      await expectRefusal(full.list({ ...filters, ...differences, pageToken }), 'INVALID_PARAMETER_PAGE_TOKEN', refusal)
    })

    test('is refused in another directory with the same names', async () => {
      const other = new Directory(service)
      await other.addAll(namesOf(3))
      const { nextPageToken: pageToken } = await full.list({ pageSize: 1 })
      await expectRefusal(other.list({ pageToken }), 'INVALID_PARAMETER_PAGE_TOKEN', refusal)
    })

    test('is refused if a character was changed, or if it was shortened or lengthened', async () => {
      const { nextPageToken: token } = await full.list({ pageSize: 1 })
      const otherThan = (character = '') => (character === 'A' ? 'B' : 'A')
      const altered = Array.from(
        token,
        (character, index) => `${token.slice(0, index)}${otherThan(character)}${token.slice(index + 1)}`,
      )
      const cut = Array.from(token, (_, index) => token.slice(0, index)).slice(1)
      for (const pageToken of [...altered, ...cut, `${token}A`, `${token}=`, ` ${token}`, `${token}\n`])
        await expectRefusal(full.list({ pageToken }), 'INVALID_PARAMETER_PAGE_TOKEN', refusal)
    })

    test('is refused beside an invalid filter, to which no list belongs', async () => {
      const { nextPageToken: pageToken } = await full.list({ pageSize: 1 })
      await expectRefusal(full.list({ pageToken, title: 7 as Title }), 'INVALID_PARAMETER_PAGE_TOKEN', {
        BadRequest: badRequest(['page_token', 'INVALID_PARAMETER_PAGE_TOKEN'], ['title', 'INVALID_PARAMETER_TITLE']),
      })
    })
  })
})
