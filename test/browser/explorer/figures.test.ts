import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { builtPages, ExplorerTests } from '../../support/browser/explorer.js'

const explorer = new ExplorerTests()
const maxBytes = 300_000

/** The compressed size of a file. */
const sizeOf = (path: string) => gzipSync(readFileSync(join(builtPages, path)), { level: 9 }).byteLength

test('all files of the explorer together are at most 300 KB, compressed', () => {
  const files = readdirSync(builtPages, { recursive: true, encoding: 'utf8' })
  const sizes = files.filter((path) => /\.(html|js|css|svg)$/.test(path)).map((path) => [path, sizeOf(path)] as const)
  const bytes = sizes.reduce((sum, [, size]) => sum + size, 0)
  console.log(['Compressed bytes', ...sizes.map(([path, size]) => `  ${path}: ${size}`), `  all: ${bytes}`].join('\n'))
  expect(bytes).toBeLessThan(maxBytes)
})

/** Conditions as browsers emulate them. `latencyMs` is that of a round trip; `bytesPerSecond` is -1 for no limit. */
const conditions = [
  { name: 'this machine', slowdown: 1, latencyMs: 0, bytesPerSecond: -1 },
  {
    name: 'a phone on a slow network (processor 4 times slower, 150 ms, 1.6 Mbit/s)',
    slowdown: 4,
    latencyMs: 150,
    bytesPerSecond: 200_000,
  },
]

/**
 * Runs in the page. Interactive: the application has rendered, which it does before this event ends, and no task keeps the page from
 * answering.
 */
const readFigures = `new Promise((resolve) => {
  const end = ({ startTime, duration }) => startTime + duration
  const [navigation] = performance.getEntriesByType('navigation')
  const loaded = [navigation, ...performance.getEntriesByType('resource')]
  new PerformanceObserver((list) => report(list.getEntries())).observe({ type: 'longtask', buffered: true })
  setTimeout(() => report([]), 500)
  const report = (tasks) => {
    const [paint] = performance.getEntriesByName('first-contentful-paint')
    // A busy browser may paint only after it has loaded.
    if (!paint) return setTimeout(report, 100, tasks)
    resolve({
      requests: loaded.length,
      bytes: loaded.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
      firstPaintMs: paint.startTime,
      interactiveMs: Math.max(paint.startTime, navigation.domContentLoadedEventEnd, ...tasks.map(end)),
    })
  }
})`

type Figures = Readonly<Record<'requests' | 'bytes' | 'firstPaintMs' | 'interactiveMs', number>>

test.each(conditions)('the first page is a few requests, whose times are printed: on $name', async (condition) => {
  const { name, slowdown, latencyMs, bytesPerSecond } = condition
  const page = await explorer.open('/')
  const browser = await page.context().newCDPSession(page)
  await browser.send('Network.enable')
  await browser.send('Network.setCacheDisabled', { cacheDisabled: true })
  const throughput = { downloadThroughput: bytesPerSecond, uploadThroughput: bytesPerSecond }
  await browser.send('Network.emulateNetworkConditions', { offline: false, latency: latencyMs, ...throughput })
  await browser.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
  await page.reload({ waitUntil: 'load' })
  const { requests, bytes, firstPaintMs, interactiveMs } = await page.evaluate<Figures>(readFigures)
  const times = `first paint ${Math.round(firstPaintMs)} ms, interactive ${Math.round(interactiveMs)} ms`
  console.log(`On ${name}: ${requests} requests, ${bytes} bytes, ${times}`)
  expect(requests).toBeLessThan(8)
})
