import { readFileSync } from 'node:fs'
import { strFromU8, unzipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { clientCode, ExplorerTests, field, requestJson, selectOperation, send } from '../../support/browser/explorer.js'

const explorer = new ExplorerTests()
const languages = ['curl', 'grpcurl', 'TypeScript', 'Python', 'Go', 'Java', 'C#']
const readClipboard = 'navigator.clipboard.readText()'
const clipboard: { permissions: string[] } = { permissions: ['clipboard-read', 'clipboard-write'] }

describe('the client code', () => {
  test('follows the form in every language', async () => {
    const page = await explorer.open('/')
    const codes = async () => {
      const texts = []
      for (const language of languages) texts.push(await clientCode(page, language))
      return texts
    }
    await field(page, 'name').fill('Grace')
    const withoutToken = await codes()
    await page.getByRole('button', { name: 'Generate' }).click()
    const withToken = await codes()
    await selectOperation(page, 'GetMessageContact')
    const otherOperation = await codes()
    const isIn = (text: RegExp) => (code: string) => text.test(code)
    expect(withoutToken.filter(isIn(/Grace/))).toEqual(withoutToken)
    // With a client token the call can be repeated in any case.
    expect(withoutToken.filter(isIn(/OUTCOME_UNKNOWN/))).toEqual(withoutToken)
    expect(withToken.filter(isIn(/OUTCOME_UNKNOWN/))).toEqual([])
    expect(otherOperation.filter(isIn(/getMessageContact|GetMessageContact/))).toEqual(otherOperation)
  })

  test('names the directory and the deadline, and reads the token from the environment', async () => {
    const page = await explorer.open('/#operation=ListMessageContacts')
    await page.getByText('Caller and deadline').click()
    await page.getByLabel('Directory').fill('rd-7')
    await page.getByLabel('Token', { exact: true }).fill('secret-token')
    await page.getByLabel('Deadline').fill('2500')
    const code = await clientCode(page, 'Python')
    expect(code).toContain('("x-resource-directory-id", "rd-7")')
    expect(code).toContain('os.environ["TOKEN"]')
    expect(code).toContain('timeout=2.5')
    expect(code).not.toContain('secret-token')
  })

  test('is copied as it is shown', async () => {
    const page = await explorer.open('/', clipboard)
    const code = await clientCode(page, 'Go')
    await page.locator('.code-panel').getByRole('button', { name: 'Copy' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    expect((await page.evaluate<string>(readClipboard)).trim()).toBe(code.trim())
  })

  test('is downloaded as a project, with the build file, the contract and the commands', async () => {
    const page = await explorer.open('/')
    await field(page, 'name').fill('Grace')
    const code = await clientCode(page, 'Python')
    const waiting = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download' }).click()
    const download = await waiting
    expect(download.suggestedFilename()).toBe('message-contacts-python.zip')
    const files = unzipSync(readFileSync(await download.path()))
    const contract = ['authorization', 'error_reason', 'message_contact', 'message_contact_service']
    expect(Object.keys(files).toSorted()).toEqual(
      [
        'README.md',
        'call.py',
        ...contract.map((name) => `proto/messagecontacts/v1/${name}.proto`),
        'requirements.txt',
      ].map((path) => `message-contacts-python/${path}`),
    )
    expect(strFromU8(files['message-contacts-python/call.py'] ?? new Uint8Array()).trim()).toBe(code.trim())
  })

  test('that cannot be downloaded says so', async () => {
    const page = await explorer.open('/')
    await page.route('**/assets/download-*', (route) => route.abort())
    await page.getByRole('button', { name: 'Download' }).click()
    await page.getByText('The files of the project could not be loaded.').waitFor()
  })

  test('that cannot be copied says so', async () => {
    const page = await explorer.open('/')
    await page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    await page.locator('.code-panel').getByRole('button', { name: 'Copy' }).click()
    await page.getByText('The browser does not allow copying.').waitFor()
  })
})

describe('the request as JSON', () => {
  test('is kept in step with the form in both directions, with names of the contract too', async () => {
    const page = await explorer.open('/')
    await field(page, 'name').fill('Grace')
    expect(await requestJson(page)).toEqual({ name: 'Grace' })
    await page
      .getByLabel('Request as JSON')
      .fill('{"email_address": "grace@example.com", "messageTypes": ["MESSAGE_TYPE_FAULT_MESSAGE"]}')
    expect(await field(page, 'name').inputValue()).toBe('')
    expect(await field(page, 'email_address').inputValue()).toBe('grace@example.com')
    expect(await page.getByLabel('FAULT_MESSAGE').isChecked()).toBe(true)
  })

  test('that is no object leaves the form as it is, and is not sent', async () => {
    const page = await explorer.open('/')
    let calls = 0
    await page.route('**/messagecontacts.v1.MessageContactService/*', (route) => {
      calls += 1
      return route.abort()
    })
    await field(page, 'name').fill('Grace')
    const json = page.getByLabel('Request as JSON')
    await json.fill('{"name": ')
    await page.getByText('This is no JSON object.').waitFor()
    expect(await field(page, 'name').inputValue()).toBe('Grace')
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    expect(await json.evaluate((element) => element.matches(':focus'))).toBe(true)
    await json.fill('{"name": "Ann"}')
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.locator('.outcome', { hasText: 'No answer' }).waitFor()
    expect(calls).toBe(1)
  })

  test('writes a field mask as one text', async () => {
    const page = await explorer.open('/#operation=UpdateMessageContact')
    const mask = page.getByRole('group', { name: 'update_mask' })
    await mask.getByLabel('email_address').check()
    await mask.getByLabel('title').check()
    expect(await requestJson(page)).toEqual({ updateMask: 'emailAddress,title' })
  })
})

describe('a link to a call', () => {
  test('fills in the form in another window, without the token', async () => {
    const page = await explorer.open('/', clipboard)
    await field(page, 'name').fill('Grace')
    await page.getByText('Caller and deadline').click()
    await page.getByLabel('Directory').fill('rd-7')
    await page.getByLabel('Token', { exact: true }).fill('secret-token')
    await page.getByRole('button', { name: 'Copy link' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    const link = await page.evaluate<string>(readClipboard)
    expect(link).not.toContain('secret')
    // The values are in the fragment, which no server sees.
    expect(new URL(link).search).toBe('')

    const other = await explorer.open(link.slice(explorer.origin.length))
    expect(await field(other, 'name').inputValue()).toBe('Grace')
    await other.getByText('Caller and deadline').click()
    expect(await other.getByLabel('Directory').inputValue()).toBe('rd-7')
  })

  test('never has the code of a verification', async () => {
    const page = await explorer.open('/#operation=ConfirmMessageContactVerification', clipboard)
    await page.getByLabel('Request as JSON').fill('{"contactId": "c-1", "code": "123456"}')
    await page.getByRole('button', { name: 'Copy link' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    const { hash } = new URL(await page.evaluate<string>(readClipboard))
    expect(new URLSearchParams(hash.slice(1)).get('request')).toBe('{"contactId":"c-1"}')
  })

  test.each([
    'operation=Nothing&request=%7B%22name%22%3A1%7D',
    'operation=AddMessageContact&request=%7B%22name',
    'operation=AddMessageContact&request=[]',
  ])('that is damaged says so and fills in nothing: %s', async (fragment) => {
    const page = await explorer.open(`/#${fragment}`)
    await page.getByRole('alert').filter({ hasText: 'The request in this link cannot be read.' }).waitFor()
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('AddMessageContact')
    expect(await requestJson(page)).toEqual({})
  })
})

describe('the history', () => {
  test('shows an earlier call again with its request, also after a reload', async () => {
    const page = await explorer.open('/')
    await field(page, 'name').fill('T')
    await send(page)
    await selectOperation(page, 'ListMessageContacts')
    await send(page)
    await page.reload()
    await page.locator('.entry', { hasText: 'AddMessageContact' }).click()
    expect(await field(page, 'name').inputValue()).toBe('T')
    expect(await page.locator('.outcome').innerText()).toContain('Refused')
    await page.locator('.history').getByRole('button', { name: 'Clear' }).click()
    await page.getByText('No calls yet.').waitFor()
  })
})
