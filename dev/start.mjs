import { compile } from './compile.mjs'
import { defaultAddress, missingPackages, readOnlyFolder, unusableAddress } from './start-checks.mjs'

/** `npm start`: the checks that need nothing come first, then the build, then the service. */

const { LISTEN, HTTP_LISTEN = '', ADMIN_LISTEN = '', MONGODB_URI, MONGODB_URI_FILE } = process.env
const problem =
  missingPackages() ??
  (await unusableAddress(LISTEN || defaultAddress)) ??
  (await unusableAddress(HTTP_LISTEN, 'HTTP_LISTEN')) ??
  (await unusableAddress(ADMIN_LISTEN, 'ADMIN_LISTEN')) ??
  readOnlyFolder(!(MONGODB_URI || MONGODB_URI_FILE))
if (problem) {
  console.error(problem)
  process.exit(1)
}
await compile()
await import(new URL('../dist/dev/start.js', import.meta.url).href)
