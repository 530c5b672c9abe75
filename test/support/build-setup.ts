import { changedSource } from '../../dev/compile.mjs'

/** Before the tests of the built program: throws if a source has changed since the last build began. */
export function setup(): void {
  const changed = changedSource()
  if (changed) throw new Error(`The build in dist is older than ${changed}. Run \`npm run build\`, then these tests.`)
}
