import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MessageContactStatus, Title } from '../../src/gen/messagecontacts/v1/message_contact_pb.js'
import type { ListMessageContactsResponse } from '../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { badRequest, expectRefusal } from '../refusal.js'
import { Directory, type ListRequest } from './directory.js'
import { type RunningService, startService } from './running-service.js'

/** Distinct lawful names that many times, in order. */
const namesOf = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    [Math.floor(index / 26), index % 26].map((digit) => String.fromCharCode(97 + digit)).join(''),
  )
const names = ({ contacts }: ListMessageContactsResponse) => contacts.map(({ name }) => name)

describe('the pages of a list', () => {
  let service: RunningService
  /** Nobody changes what it holds. */
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
    ['149, which is 100', 149, [100, 50]],
    ['50, which divides the list', 50, [50, 50, 50]],
    ['100', 100, [100, 50]],
    ['101, which is 100', 101, [100, 50]],
    ['2147483647, which is 100', 2 ** 31 - 1, [100, 50]],
  ])(
    'of page_size %s hold every contact once, in order, and say each how many there are',
    async (_, pageSize, sizes) => {
      const pages = await pagesOf(full, { pageSize })
      expect(pages.map(({ contacts }) => contacts.length)).toEqual(sizes)
      expect(pages.flatMap(names)).toEqual(namesOf(150))
      expect(new Set(pages.map(({ totalCount }) => totalCount))).toEqual(new Set([150]))
    },
  )

  test('of size 1 walk names beyond the basic plane in code-point order', async () => {
    const directory = new Directory(service)
    const byCodePoint = ['Tom', '\uFA0E\uFA0E', '\u{20000}\u{20000}', '\u{20000}\u{20001}']
    await directory.addAll(byCodePoint)
    expect((await pagesOf(directory, { pageSize: 1 })).map(names)).toEqual(byCodePoint.map((name) => [name]))
  })

  test('follow filters and prefix, and count only what these let through', async () => {
    const directory = new Directory(service)
    await directory.addAll(['Aa', 'Ab', 'Ac', 'Ba'], { title: Title.CEO })
    await directory.addAll(['Ad', 'Ae'], { title: Title.OTHER })
    const pages = await pagesOf(directory, { pageSize: 2, title: Title.CEO, namePrefix: 'A' })
    expect(pages.map(names)).toEqual([['Aa', 'Ab'], ['Ac']])
    expect(pages.map(({ totalCount }) => totalCount)).toEqual([3, 3])
  })

  test('may change their size on the way', async () => {
    const first = await full.list({ pageSize: 3 })
    const second = await full.list({ pageSize: 2, pageToken: first.nextPageToken })
    expect(names(second)).toEqual(namesOf(5).slice(3))
  })

  test('may be asked for again: a token asks for the same page each time', async () => {
    const { nextPageToken: pageToken } = await full.list()
    expect(names(await full.list({ pageToken }))).toEqual(names(await full.list({ pageToken })))
  })

  test('show no other contact twice, and lose none, when contacts come and go between two of them', async () => {
    const directory = new Directory(service)
    const [, second, , fourth] = await directory.addAll(['Ba', 'Bb', 'Bc', 'Bd', 'Be'])
    const first = await directory.list({ pageSize: 2 })
    expect(names(first)).toEqual(['Ba', 'Bb'])
    // The one the page ended with, one before it, and one after it.
    await directory.remove({ contactId: second?.contactId ?? '' })
    await directory.add({ name: 'Aa' })
    await directory.remove({ contactId: fourth?.contactId ?? '' })
    await directory.add({ name: 'Bf' })
    const rest = await directory.list({ pageToken: first.nextPageToken })
    expect(names(rest)).toEqual(['Bc', 'Be', 'Bf'])
    expect(rest).toMatchObject({ nextPageToken: '', totalCount: 5 })
  })

  test('that would come behind the last contact are empty, when the others are gone by then', async () => {
    const directory = new Directory(service)
    const [, second] = await directory.addAll(['Aa', 'Ab'])
    const { nextPageToken } = await directory.list({ pageSize: 1 })
    await directory.remove({ contactId: second?.contactId ?? '' })
    const behind = await directory.list({ pageToken: nextPageToken })
    expect(behind).toMatchObject({ contacts: [], nextPageToken: '', totalCount: 1 })
  })

  describe('a token', () => {
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
      ['a state', { status: MessageContactStatus.VERIFYING }],
      ['a message type', { messageType: 3 }],
    ])('is refused with %s', async (_, otherwise) => {
      const { nextPageToken: pageToken } = await full.list({ ...filters, pageSize: 1 })
      await full.list({ ...filters, pageToken })
      await expectRefusal(full.list({ ...filters, ...otherwise, pageToken }), 'INVALID_PARAMETER_PAGE_TOKEN', refusal)
    })

    test('is refused in another directory, although it has the same names', async () => {
      const other = new Directory(service)
      await other.addAll(namesOf(3))
      const { nextPageToken: pageToken } = await full.list({ pageSize: 1 })
      await expectRefusal(other.list({ pageToken }), 'INVALID_PARAMETER_PAGE_TOKEN', refusal)
    })

    test('is refused when it was altered in any place, cut anywhere, or made longer', async () => {
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

    test('beside a filter outside its enum is refused as well: it belongs to no such list', async () => {
      const { nextPageToken: pageToken } = await full.list({ pageSize: 1 })
      await expectRefusal(full.list({ pageToken, title: 7 as Title }), 'INVALID_PARAMETER_PAGE_TOKEN', {
        BadRequest: badRequest(['page_token', 'INVALID_PARAMETER_PAGE_TOKEN'], ['title', 'INVALID_PARAMETER_TITLE']),
      })
    })
  })
})
