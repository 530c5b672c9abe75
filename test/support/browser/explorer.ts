import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { readPages } from '../../../src/http/pages.js'
import { type Found, needs } from '../clients/programs.js'
import { type RunningService, startService } from '../running-service.js'
import { until } from '../waiting.js'

/** The folder of the built explorer. */
export const builtPages = fileURLToPath(new URL('../../../dist/explorer', import.meta.url))
const names = ['chromium', 'chromium-browser', 'google-chrome']

/** Tests download no browser. */
async function findChromium(): Promise<Found> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin']
  const path = folders.flatMap((folder) => names.map((name) => join(folder, name))).find((file) => existsSync(file))
  return path ? { path } : { missing: 'there is no Chromium; on Debian, install the package chromium' }
}

/** What a test can choose about the browser. */
export type View = Pick<BrowserContextOptions, 'viewport' | 'colorScheme' | 'locale' | 'permissions' | 'timezoneId'>

/** A service with the built explorer, and a browser, for the tests of a file. */
export class ExplorerTests {
  readonly #path = needs(findChromium)
  readonly #environment: Readonly<Record<string, string>>
  readonly #printed: string[] = []
  #service: RunningService | undefined
  #browser: Browser | undefined

  constructor(environment: Readonly<Record<string, string>> = {}) {
    this.#environment = environment
    beforeAll(() => this.#start())
    afterAll(async () => {
      await this.#browser?.close()
      await this.#service?.stop()
    })
  }

  async #start(): Promise<void> {
    const found = await findChromium()
    if ('missing' in found) return
    this.#service = await startService({
      environment: {
        HTTP_LISTEN: '127.0.0.1:0',
        DEFAULT_DIRECTORY_ID: 'development',
        UNCONFIGURED_SENDER: 'print',
        ...this.#environment,
      },
      dependencies: { pages: readPages(builtPages), print: (line) => this.#printed.push(line) },
    })
    this.#browser = await chromium.launch({
      executablePath: this.#path(),
      args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--no-first-run'],
    })
  }

  get service(): RunningService {
    return this.#service ?? expect.fail('the service was not started')
  }

  get origin(): string {
    return `http://${this.service.app.httpAddress}`
  }

  /** The code that was printed for an address, once it was. */
  async printedCode(address: string): Promise<string> {
    const find = () => this.#printed.findLast((line) => line.includes(address))
    await until('the code is printed', async () => find() !== undefined)
    return /\b\d{6}\b/.exec(find() ?? '')?.[0] ?? expect.fail('no code was printed')
  }

  /**
   * Opens a page in a browser window of its own. The test fails if the page breaks its content security policy,
   * throws an error, or loads anything from elsewhere.
   */
  async open(path: string, view: View = {}): Promise<Page> {
    const context = await (this.#browser ?? expect.fail('no browser')).newContext({ locale: 'en-US', ...view })
    const problems: string[] = []
    context.on('page', (page) => this.#watch(page, problems))
    await context.addInitScript({ content: watchPolicy })
    const page = await context.newPage()
    onTestFinished(async () => {
      const violations = await page.evaluate<string[]>('violations')
      await context.close()
      expect([...problems, ...violations]).toEqual([])
    })
    await page.goto(`${this.origin}${path}`)
    return page
  }

  #watch(page: Page, problems: string[]): void {
    page.on('pageerror', (error) => problems.push(String(error)))
    page.on('dialog', (dialog) => {
      problems.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    page.on('request', (request) => {
      const url = request.url()
      if (!url.startsWith(this.origin) && !url.startsWith('data:')) problems.push(`request to ${url}`)
    })
  }
}

/** Runs in the page, before its own scripts. */
const watchPolicy = `
  globalThis.violations = []
  addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective + ' ' + event.blockedURI))
`

/** The input of a field of the request, by the name of the field. */
export const field = (page: Page, name: string) => page.locator(`#field-${name}`)

/** Sends the request of the form and waits for the outcome. */
export async function send(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  const outcome = page.locator('.outcome')
  await outcome.waitFor()
  return outcome.innerText()
}

/** Selects an operation in the list. */
export async function selectOperation(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Operations' }).getByRole('link', { name }).click()
  await page.getByRole('heading', { level: 1, name }).waitFor()
}

/** The answer as JSON. */
export async function answerJson(page: Page): Promise<Record<string, unknown>> {
  await page.getByRole('tab', { name: 'JSON' }).click()
  return JSON.parse(await page.locator('#answer-body').innerText()) as Record<string, unknown>
}

export const requestJson = async (page: Page) =>
  JSON.parse(await page.getByLabel('Request as JSON').inputValue()) as Record<string, unknown>

/** The code of the client in a language, by the name of its tab. */
export async function clientCode(page: Page, language: string): Promise<string> {
  await page.getByRole('tab', { name: language, exact: true }).click()
  return page.locator('#code').innerText()
}
