import { useState } from 'preact/hooks'

/** What a reader has chosen, kept in the browser. Where the browser keeps nothing, it is forgotten with the page. */
function readPreference(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined
  } catch {
    return undefined
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // The choice holds until the page is left.
  }
}

/** One of these values, remembered. `initial` is chosen until the reader chooses. */
export function usePreference<Value extends string>(
  key: string,
  values: readonly Value[],
  initial: Value,
): [Value, (value: Value) => void] {
  const kept = readPreference(key)
  const [value, setValue] = useState(values.find((known) => known === kept) ?? initial)
  const choose = (chosen: Value) => {
    keep(key, chosen)
    setValue(chosen)
  }
  return [value, choose]
}
