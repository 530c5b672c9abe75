import { compile } from './compile.mjs'

/** `npm run build`. */
await compile()
