import { rmSync } from 'node:fs'
import { compile } from './compile.mjs'

/** Before `npm pack` and `npm publish`: builds anew, so that the package has no file whose source was removed. */
rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true })
await compile()
