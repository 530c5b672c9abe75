import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { answerJson, ExplorerTests, field, send, type View } from '../../support/browser/explorer.js'

const explorer = new ExplorerTests()
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const wide: View = { viewport: { width: 1440, height: 900 } }
const narrow: View = { viewport: { width: 360, height: 780 } }
const pages = [
  '/',
  '/#operation=UpdateMessageContact',
  '/operations',
  '/operations/ConfirmMessageContactVerification',
  '/errors',
  '/errors/INVALID_PARAMETER_NAME',
  '/errors/nothing',
  '/changes',
]

interface AxeResults {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[]
}

/** What axe-core finds on a page, as `rule: element`. */
async function accessibilityViolations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe)
  const { violations } = await page.evaluate<AxeResults>('axe.run()')
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}

/** Goes to pages one after the other without a new window. */
async function onEveryPage<Result>(page: Page, look: (page: Page) => Promise<Result>) {
  const results: [string, Result][] = []
  for (const path of pages) {
    await page.goto(`${explorer.origin}${path}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    results.push([path, await look(page)])
  }
  return Object.fromEntries(results)
}

const nothing = Object.fromEntries(pages.map((path) => [path, []]))

describe('accessibility', () => {
  test.each([
    ['light', wide],
    ['dark', { ...wide, colorScheme: 'dark' as const }],
    ['narrow', narrow],
  ])('axe-core finds nothing on any page: %s', async (_, view) => {
    const page = await explorer.open('/', view)
    expect(await onEveryPage(page, accessibilityViolations)).toEqual(nothing)
  })

  test.each(['light', 'dark'] as const)(
    'axe-core finds nothing in a refusal and an answer: %s',
    async (colorScheme) => {
      const page = await explorer.open('/', { ...wide, colorScheme })
      await page.getByText('Caller and deadline').click()
      await page.getByRole('button', { name: 'Fill in example' }).click()
      await field(page, 'name').fill('T')
      await send(page)
      expect(await accessibilityViolations(page)).toEqual([])
      await field(page, 'name').fill(colorScheme === 'light' ? 'Light' : 'Dark')
      await send(page)
      await page.getByText('Succeeded').first().waitFor()
      expect(await accessibilityViolations(page)).toEqual([])
    },
  )
})

describe('the keyboard alone', () => {
  test('fills the form, sends it, and reads the answer', async () => {
    const page = await explorer.open('/')
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content')
    await page.keyboard.press('Enter')
    await tabTo(page, 'field-name')
    await page.keyboard.type('Keys')
    await tabTo(page, 'field-email_address')
    await page.keyboard.type('keys@example.com')
    await tabTo(page, 'field-phone_number')
    await page.keyboard.type('86-13900001234')
    await tabTo(page, 'field-title')
    await page.keyboard.press('ArrowDown')
    await tabTo(page, 'SERVICE_MESSAGE')
    await page.keyboard.press('Space')
    await tabTo(page, 'Send')
    await page.keyboard.press('Enter')
    await page.getByText('Succeeded').first().waitFor()
    await tabTo(page, 'answer-body-tree')
    await page.keyboard.press('ArrowRight')
    expect(await answerJson(page)).toMatchObject({ contact: { name: 'Keys', title: 'TITLE_FINANCE_DIRECTOR' } })
  })
})

/** The id and the text of the element that has the focus; for a check box, the text of its label. */
const focused =
  '[document.activeElement.id, document.activeElement.textContent || document.activeElement.parentElement.textContent]'

/** Presses Tab until the element with this id, or with a text that begins so, has the focus. */
async function tabTo(page: Page, target: string): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab')
    const [id, text] = await page.evaluate<[string, string]>(focused)
    if (id === target || text.startsWith(target)) return
  }
  expect.fail(`${target} is not reached with the keyboard`)
}

describe('languages', () => {
  test('the interface speaks the language of the browser, and another one from a choice that is remembered', async () => {
    const page = await explorer.open('/', { locale: 'zh-TW' })
    await page.getByRole('button', { name: '傳送', exact: true }).waitFor()
    await page.getByLabel('語言').selectOption('简体中文')
    await page.getByRole('button', { name: '发送', exact: true }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: '发送', exact: true }).waitFor()
    expect(await page.evaluate('document.documentElement.lang')).toBe('zh-Hans')
    await page.getByLabel('语言').selectOption('English')
    await page.getByRole('button', { name: 'Send', exact: true }).waitFor()
  })
})

describe('colours', () => {
  const background = (page: Page) => page.evaluate<string>('getComputedStyle(document.body).backgroundColor')

  test('follow the system, unless a reader chooses others', async () => {
    const page = await explorer.open('/', { colorScheme: 'dark' })
    const dark = await background(page)
    await page.getByLabel('Colours').selectOption('Light')
    const light = await background(page)
    await page.reload()
    expect([dark, light, await background(page)]).toEqual(['rgb(15, 20, 19)', 'rgb(245, 247, 246)', light])
  })
})

describe('a phone', () => {
  test('shows every page without scrolling sideways, and chooses operations from a list', async () => {
    const page = await explorer.open('/', narrow)
    const overflow = async () => {
      const width = await page.evaluate<number>('document.documentElement.scrollWidth')
      return width > 360 ? [width] : []
    }
    expect(await onEveryPage(page, overflow)).toEqual(nothing)
    await page.goto(explorer.origin)
    await page.getByLabel('Operation', { exact: true }).selectOption('GetMessageContact')
    await page.getByRole('heading', { level: 1, name: 'GetMessageContact' }).waitFor()
  })
})
