import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { HttpAnswer } from './answers.js'

/** A file as it is served. */
interface Page {
  readonly body: Buffer
  /** Absent where it would not be smaller. */
  readonly compressed?: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** What is served to browsers, by path. Read once at the start: no path that a client sends reaches the file system. */
export type Pages = ReadonlyMap<string, Page>

/** The pages of the application: its script shows what their paths name. */
const applicationPaths = /^\/(errors|operations|changes)(\/[\w.]{1,100})?$/
const applicationPage = '/index.html'

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

/** Only what this service itself serves, no script or style inside the page, and no frame around it. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Vite puts a hash of the content into the names of these files. */
const hashedFolder = '/assets/'

/** Reads all files below a folder, and further files by the paths at which they are served. Throws if one cannot be read. */
export function readPages(folder: string, further: Readonly<Record<string, string>> = {}): Pages {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const files = entries.map((entry) => join(entry.parentPath, entry.name))
  const paths = files.map((file): [string, string] => [file.slice(folder.length).replaceAll('\\', '/'), file])
  return new Map([...paths, ...Object.entries(further)].map(([path, file]) => [path, pageOf(path, readFileSync(file))]))
}

function pageOf(path: string, body: Buffer): Page {
  const contentType = contentTypes[extname(path)] ?? 'application/octet-stream'
  const compressed = gzipSync(body, { level: 9 })
  const headers = {
    'content-type': contentType,
    'content-security-policy': pagePolicy,
    'cache-control': path.startsWith(hashedFolder) ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    vary: 'accept-encoding',
  }
  return { body, headers, ...(compressed.byteLength < body.byteLength && { compressed }) }
}

/** The answer to a GET or HEAD request for a page; undefined if there is none at this path. */
export function pageAnswer(pages: Pages, path: string, { headers: wanted }: IncomingMessage): HttpAnswer | undefined {
  const isApplication = path === '/' || applicationPaths.test(path)
  const page = pages.get(isApplication ? applicationPage : path)
  if (!page) return undefined
  const { headers, body, compressed } = page
  if (wanted['if-none-match'] === headers['etag']) return { status: 304, headers, body: Buffer.alloc(0) }
  if (compressed && /\bgzip\b/.test(String(wanted['accept-encoding'])))
    return { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: compressed }
  return { status: 200, headers, body }
}
