import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { clientCode, ExplorerTests, field, selectOperation, send } from '../../support/browser/explorer.js'

/** Pictures of the main states, to be looked at: docs/explorer.png is a copy of the first one. */
const folder = fileURLToPath(new URL('../../../dist/screenshots', import.meta.url))
const explorer = new ExplorerTests()
const wide = { viewport: { width: 1360, height: 800 } }
const phone = { viewport: { width: 390, height: 844 } }

test('pictures of the main states are in dist/screenshots', async () => {
  const page = await explorer.open('/', wide)
  const picture = (name: string) => page.screenshot({ path: `${folder}/${name}.png` })
  await picture('first-visit')
  await page.getByRole('button', { name: 'Fill in example' }).click()
  await send(page)
  await picture('answer')
  await page.getByRole('button', { name: 'Close first steps' }).click()
  await selectOperation(page, 'UpdateMessageContact')
  await page.getByRole('button', { name: 'Fill in example' }).click()
  await clientCode(page, 'Python')
  await page.evaluate('scrollTo(0, 0)')
  await picture('explorer')
  await field(page, 'contact_id').fill('c-1')
  expect(await send(page)).toContain('Refused')
  await picture('refusal')
  for (const path of ['operations/UpdateMessageContact', 'errors', 'errors/InvalidParameter.Name', 'changes']) {
    await page.goto(`${explorer.origin}/${path}`)
    await picture(path.replace('/', '-'))
  }
  const dark = await explorer.open('/', { ...wide, colorScheme: 'dark', locale: 'zh-CN' })
  await dark.screenshot({ path: `${folder}/dark.png` })
  const small = await explorer.open('/', { ...phone, locale: 'zh-TW' })
  await small.screenshot({ path: `${folder}/phone.png` })
})
