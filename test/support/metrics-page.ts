import { expect } from 'vitest'

/** The metrics of a page in the text format of Prometheus: their names and types, in order. */
export const typesOf = (page: string): readonly (readonly [string, string])[] =>
  [...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type])

/** The series of one name on the page: the value by the labels, as they stand between the braces. */
export function seriesOf(page: string, name: string): Readonly<Record<string, number>> {
  const lines = page.matchAll(new RegExp(`^${name}(?:\\{(.*)\\})? (\\S+)$`, 'gm'))
  return Object.fromEntries([...lines].map(([, labels = '', value]) => [labels, Number(value)]))
}

/** Reads the page of a process with an admin listener at this address. */
export async function readMetrics(adminAddress: string | undefined): Promise<string> {
  const answer = await fetch(`http://${adminAddress}/metrics`)
  expect(answer.status).toBe(200)
  return answer.text()
}

/** The series that are not 0, as they stand on the page. */
export const increased = (series: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(series).filter(([, value]) => value !== 0))

/** Every value of every label on the page, by the name of the label. */
export function labelValuesOf(page: string): ReadonlyMap<string, ReadonlySet<string>> {
  const values = new Map<string, Set<string>>()
  for (const [line] of page.matchAll(/^[^#\n]+\{.*\} \S+$/gm))
    for (const [, label = '', value = ''] of line.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g))
      values.set(label, (values.get(label) ?? new Set()).add(value))
  return values
}
