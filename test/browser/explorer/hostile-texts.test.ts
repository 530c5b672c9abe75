import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { codeLanguages } from '../../../explorer/src/code/languages.js'
import { clientCode, ExplorerTests, field, send } from '../../support/browser/explorer.js'

const explorer = new ExplorerTests()

/** Would run a script wherever one of them became markup, a link or code. `open` fails a test in which one runs. */
const hostile = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"><svg onload=alert(1)>',
  "';alert(1)//",
  `\`$${'{alert(1)}'}\``,
  'javascript:alert(1)',
  '$(touch /tmp/owned)',
  '</textarea><iframe srcdoc="<script>alert(1)</script>">',
].join(' ')

/** Elements that no part of the page makes. */
const foreign = (page: Page) => page.locator('#app script, #app img[onerror], #app svg, #app iframe, [onload]').count()

describe('hostile text', () => {
  test('in a field, the answer, the history and every language of code stays text', async () => {
    const page = await explorer.open('/')
    for (const name of ['name', 'email_address', 'phone_number', 'client_token']) await field(page, name).fill(hostile)
    await send(page)
    for (const { name } of codeLanguages) expect(await clientCode(page, name)).toContain('alert(1)')
    await page.reload()
    await page.locator('.entry').click()
    expect([await field(page, 'name').inputValue(), await foreign(page)]).toEqual([hostile, 0])
  })

  test('in the answer of a server stays text, in its tree, its JSON and its headers', async () => {
    const page = await explorer.open('/#operation=GetMessageContact')
    const debug = { reason: hostile, metadata: { code: hostile } }
    const violation = { field: 'contact_id', reason: hostile, description: hostile }
    await page.route('**/GetMessageContact', (route) =>
      route.fulfill({
        status: 400,
        headers: { 'x-request-id': hostile, 'content-type': 'application/json' },
        body: JSON.stringify({
          code: hostile,
          message: hostile,
          [hostile]: hostile,
          details: [
            { type: 'google.rpc.ErrorInfo', debug },
            { type: 'google.rpc.BadRequest', debug: { fieldViolations: [violation] } },
          ],
        }),
      }),
    )
    expect(await send(page)).toContain(hostile)
    for (const tab of ['JSON', 'Headers', 'Tree']) await page.getByRole('tab', { name: tab }).click()
    expect([await foreign(page), await page.locator('.violations').innerText()]).toEqual([
      0,
      expect.stringContaining(hostile),
    ])
    // A reason that the contract does not have leads to a page that says so, on this server.
    const link = await page.locator('.violations a').getAttribute('href')
    expect(link).toBe(`/errors/${encodeURIComponent(hostile)}`)
  })

  test('in a link to a call stays text', async () => {
    const request = JSON.stringify({ name: hostile, [hostile]: hostile, title: hostile }).replace(
      '{',
      '{"__proto__":{"polluted":1},',
    )
    const parameters = new URLSearchParams({ operation: 'AddMessageContact', request, directory: hostile })
    const page = await explorer.open(`/#${parameters}`)
    expect(await field(page, 'name').inputValue()).toBe(hostile)
    expect(await foreign(page)).toBe(0)
    const polluted = await page.evaluate('({}).polluted')
    expect(polluted).toBeUndefined()
    // A link fills in a form; it sends nothing.
    expect(await page.locator('.outcome').count()).toBe(0)
  })

  test.each(['/errors', '/operations'])('in the path below %s stays text', async (path) => {
    const page = await explorer.open('/')
    const url = `${path}/${encodeURIComponent(hostile)}`
    await page.evaluate(`history.pushState(undefined, '', ${JSON.stringify(url)})`)
    await page.evaluate("dispatchEvent(new PopStateEvent('popstate'))")
    expect(await page.locator('main code').innerText()).toBe(hostile)
    expect(await foreign(page)).toBe(0)
  })
})

describe('the page', () => {
  test('cannot be shown in a frame of another page', async () => {
    const page = await explorer.open('/')
    const headers = (await page.request.get(explorer.origin)).headers()
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
  })
})
