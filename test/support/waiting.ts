/** Polls until a condition is true. Rejects with its description after `timeoutMs`. */
export async function until(
  description: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 20_000,
): Promise<void> {
  const endTime = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > endTime) throw new Error(`not within ${timeoutMs} ms: ${description}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** A promise and the function that resolves it. */
export function deferred<Value = void>() {
  let resolve: (value: Value) => void = () => {}
  const promise = new Promise<Value>((resolvePromise) => {
    resolve = resolvePromise
  })
  return { promise, resolve }
}
