import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { MessageContactService } from '../../../src/gen/messagecontacts/v1/message_contact_service_pb.js'
import { answerJson, ExplorerTests, field, selectOperation, send } from '../../support/browser/explorer.js'

const explorer = new ExplorerTests()

type Contact = Readonly<Record<string, string>>

async function fill(page: Page, values: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(values)) await field(page, name).fill(value)
}

/** Makes a call with these values in the form and gives the answer. */
async function call(page: Page, operation: string, values: Readonly<Record<string, string>>) {
  await selectOperation(page, operation)
  await fill(page, values)
  expect(await send(page)).toContain('Succeeded')
  return answerJson(page)
}

async function addContact(page: Page, name: string): Promise<Contact> {
  await selectOperation(page, 'AddMessageContact')
  await page.getByLabel('FAULT_MESSAGE').check()
  await field(page, 'title').selectOption('TITLE_CEO')
  const address = { email_address: `${name}@example.com`, phone_number: '86-13900001234' }
  const { contact } = await call(page, 'AddMessageContact', { name, ...address })
  return contact as Contact
}

describe('the form of every operation', () => {
  test('makes the call, and shows the answer: from an Add to a Delete', async () => {
    const page = await explorer.open('/')
    const added = await addContact(page, 'Ada')
    const { contactId = '' } = added
    expect(added).toMatchObject({ name: 'Ada', messageTypes: ['MESSAGE_TYPE_FAULT_MESSAGE'], title: 'TITLE_CEO' })
    const byId = { contact_id: contactId }

    expect(await call(page, 'GetMessageContact', byId)).toMatchObject({ contact: { name: 'Ada' } })
    expect(await call(page, 'ListMessageContacts', { page_size: '5', name_prefix: 'Ad' })).toMatchObject({
      contacts: [{ contactId }],
      totalCount: 1,
    })
    expect(await call(page, 'ListMessageContactVerifications', byId)).toMatchObject({ totalCount: 2 })

    await call(page, 'SendEmailVerificationForMessageContact', { ...byId, email_address: 'Ada@example.com' })
    const code = await explorer.printedCode('Ada@example.com')
    expect(
      await call(page, 'ConfirmMessageContactVerification', { ...byId, email_address: 'Ada@example.com', code }),
    ).toMatchObject({ contact: { status: 'MESSAGE_CONTACT_STATUS_ACTIVE' } })
    const phone = { ...byId, phone_number: '86-13900001234' }
    expect(await call(page, 'SendPhoneVerificationForMessageContact', phone)).toHaveProperty('expireDate')

    await selectOperation(page, 'UpdateMessageContact')
    await page.getByRole('group', { name: 'update_mask' }).getByLabel('email_address').check()
    expect(
      await call(page, 'UpdateMessageContact', { ...byId, name: 'Ignored', email_address: 'new@example.com' }),
    ).toMatchObject({ contact: { name: 'Ada', pendingEmailAddress: 'new@example.com' } })
    const cancelled = await call(page, 'CancelMessageContactUpdate', { ...byId, email_address: 'new@example.com' })
    expect(cancelled['contact']).not.toHaveProperty('pendingEmailAddress')

    expect(await call(page, 'DeleteMessageContact', byId)).toMatchObject({
      status: 'MESSAGE_CONTACT_DELETION_STATUS_DELETED',
    })
    const made = await page.locator('.entry-name').allInnerTexts()
    expect([...made].sort()).toEqual(MessageContactService.methods.map(({ name }) => name).toSorted())
  })

  test('can be filled with an example that breaks no rule', async () => {
    const page = await explorer.open('/')
    for (const { name } of MessageContactService.methods) {
      await selectOperation(page, name)
      await page.getByRole('button', { name: 'Fill in example' }).click()
      // The contacts of examples do not exist, so most calls are refused for that.
      expect(await send(page)).not.toMatch(/MALFORMED|INVALID_PARAMETER|MISSING_PARAMETER/)
    }
  })

  test('a field of the request that has another type is sent as it is, and refused', async () => {
    const page = await explorer.open('/#operation=ListMessageContacts')
    await fill(page, { page_size: 'many' })
    expect(await send(page)).toContain('MALFORMED_REQUEST')
  })
})

describe('a hint', () => {
  test('comes when a field was left, says what would be refused, and does not prevent sending', async () => {
    const page = await explorer.open('/')
    const hint = page.locator('#field-name-hint')
    await field(page, 'name').pressSequentially('T')
    expect(await hint.textContent()).toBe('')
    await field(page, 'email_address').focus()
    expect(await hint.textContent()).toBe(
      'A name has 2 to 12 characters: letters A to Z and a to z, and Chinese characters.',
    )
    expect(await field(page, 'name').getAttribute('aria-describedby')).toBe('field-name-hint field-name-rule')
    await field(page, 'name').fill('Tom')
    expect(await hint.textContent()).toBe('')
    await page.getByLabel('FAULT_MESSAGE').focus()
    await field(page, 'client_token').focus()
    expect(
      await page.locator('.field', { hasText: 'This field is required.' }).locator('.name').allInnerTexts(),
    ).toEqual(['email_address', 'message_types'])
    await field(page, 'email_address').fill('tom@localhost')
    expect(await send(page)).toContain('Refused')
  })

  test('comes at once for values of the JSON, in the language of the reader', async () => {
    const page = await explorer.open('/#operation=UpdateMessageContact', { locale: 'zh-CN' })
    await page.getByLabel('JSON 请求').fill('{"contactId": "c-1", "name": "T", "updateMask": "title"}')
    const hints = page.locator('.field .hint:not(:empty)')
    expect(await hints.allInnerTexts()).toEqual([
      'ID 为 c- 加 16 个字母或数字。',
      'update_mask 未包含此字段，该值将被忽略。',
    ])
  })
})

describe('a refusal', () => {
  test('is shown at every field that it names, with a link to the error', async () => {
    const page = await explorer.open('/')
    await page.getByRole('button', { name: 'Fill in example' }).click()
    await fill(page, { name: 'T', email_address: 'tom@localhost' })
    const outcome = await send(page)
    expect(outcome).toMatch(/^Refused\s+HTTP 400/)
    expect(outcome).toContain('The Name exceeds the length limit.')
    const refused = await page
      .locator('.field.refused')
      .evaluateAll((fields) =>
        fields.map((one) => [one.querySelector('.name')?.textContent, one.querySelector('.violations a')?.textContent]),
      )
    expect(refused).toEqual([
      ['name', 'INVALID_PARAMETER_NAME_LENGTH'],
      ['email_address', 'INVALID_PARAMETER_EMAIL_ADDRESS'],
    ])
    expect(await field(page, 'name').getAttribute('aria-invalid')).toBe('true')
    expect(await page.evaluate('document.activeElement.id')).toBe('field-name')
    await page.locator('.violations').getByRole('link', { name: 'INVALID_PARAMETER_NAME_LENGTH' }).click()
    expect(new URL(page.url()).pathname).toBe('/errors/INVALID_PARAMETER_NAME_LENGTH')
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('INVALID_PARAMETER_NAME_LENGTH')
  })

  test('of a oneof is shown at its first field', async () => {
    const page = await explorer.open('/#operation=ConfirmMessageContactVerification')
    await fill(page, { contact_id: 'c-qL4HqKONzOM7b2Xd', code: '123456' })
    await send(page)
    const refused = page.locator('.field.refused')
    expect([await refused.count(), await refused.locator('.name').innerText()]).toEqual([1, 'email_address'])
  })

  test('of a directory or a token says so, and the token is nowhere in the page', async () => {
    const page = await explorer.open('/#operation=ListMessageContacts')
    await page.getByText('Caller and deadline').click()
    await page.getByLabel('Directory').fill('not a directory')
    await page.getByLabel('Token', { exact: true }).fill('secret-token')
    expect(await send(page)).toContain('UNAUTHENTICATED')
    const kept = await page.evaluate('JSON.stringify([sessionStorage, localStorage, location.href])')
    expect([await page.locator('body').innerText(), kept].join()).not.toContain('secret-token')
  })
})

describe('a call that gets no answer', () => {
  test('shows its progress and can be cancelled', async () => {
    const page = await explorer.open('/#operation=ListMessageContacts')
    await page.route('**/ListMessageContacts', () => {})
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.getByText('The service has not answered yet').waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    expect(await page.locator('.outcome').innerText()).toContain('Cancelled')
  })

  test('says that the service was not reached', async () => {
    const page = await explorer.open('/#operation=ListMessageContacts')
    await page.route('**/ListMessageContacts', (route) => route.abort())
    expect(await send(page)).toContain('No answer from the service')
  })
})
