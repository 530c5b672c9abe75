import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { clientCode, ExplorerTests, field, send } from '../../support/browser/explorer.js'

const explorer = new ExplorerTests()

/** Follows the next one of the first steps: fills in the form, and sends it. */
async function followStep(page: Page, code?: string): Promise<void> {
  await page.getByRole('button', { name: 'Fill in the form' }).click()
  if (code !== undefined) await field(page, 'code').fill(code)
  expect(await send(page)).toContain('Succeeded')
}

test('the first steps lead somebody new to an ACTIVE contact, and on to a project', async () => {
  const page = await explorer.open('/')
  const steps = page.locator('.first-steps')
  await followStep(page)
  await followStep(page)
  await followStep(page, await explorer.printedCode('tom@example.com'))
  await followStep(page)
  await steps.getByText('Done: the contact is ACTIVE.').waitFor()
  expect(await steps.locator('li.done').count()).toBe(4)
  await clientCode(page, 'Python')
  const waiting = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download' }).click()
  expect((await waiting).suggestedFilename()).toBe('message-contacts-python.zip')
})

test('a refusal leads to the page of its error, and from there to what to do', async () => {
  const page = await explorer.open('/')
  await field(page, 'name').fill('T')
  await send(page)
  await page.locator('.outcome').getByRole('link').click()
  await page.getByRole('heading', { name: 'What to do' }).waitFor()
  expect(await page.locator('main').innerText()).toContain('Correct the field as the description in BadRequest says')
})
