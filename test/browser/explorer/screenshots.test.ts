import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { clientCode, ExplorerTests, field, selectOperation, send, type View } from '../../support/browser/explorer.js'

/** Pictures of the main states, to be looked at: docs/explorer.png is a copy of `explorer.png`. */
const folder = fileURLToPath(new URL('../../../dist/screenshots', import.meta.url))
const explorer = new ExplorerTests()
const wide = { viewport: { width: 1360, height: 800 } }
const phone = { viewport: { width: 390, height: 844 } }

const picture = (page: Page, name: string, fullPage = false) =>
  page.screenshot({ path: `${folder}/${name}.png`, fullPage })

test('pictures of a call are in dist/screenshots', async () => {
  const page = await explorer.open('/', wide)
  await picture(page, 'first-visit')
  await field(page, 'name').fill('T')
  await field(page, 'email_address').fill('tom@localhost')
  await field(page, 'phone_number').focus()
  await picture(page, 'hints')
  await page.getByRole('button', { name: 'Fill in example' }).click()
  await send(page)
  await picture(page, 'answer')
  await page.getByRole('button', { name: 'Close first steps' }).click()
  await selectOperation(page, 'UpdateMessageContact')
  await page.getByRole('button', { name: 'Fill in example' }).click()
  await clientCode(page, 'Python')
  await page.evaluate('scrollTo(0, 0)')
  await picture(page, 'explorer')
  await field(page, 'contact_id').fill('c-1')
  expect(await send(page)).toContain('Refused')
  await picture(page, 'refusal')
})

const paths = ['operations', 'operations/UpdateMessageContact', 'errors', 'errors/ETAG_MISMATCH', 'changes', 'nothing']

test.each<[string, View]>([
  ['wide', wide],
  ['wide-dark', { ...wide, colorScheme: 'dark', locale: 'zh-CN' }],
  ['phone', { ...phone, locale: 'zh-TW' }],
  ['phone-dark', { ...phone, colorScheme: 'dark' }],
])('pictures of every page are in dist/screenshots: %s', async (name, view) => {
  const page = await explorer.open('/', view)
  await picture(page, `${name}-explorer`, true)
  for (const path of paths) {
    await page.goto(`${explorer.origin}/${path}`)
    await picture(page, `${name}-${path.replace('/', '-')}`)
  }
})
