/** The metrics of a page in the text format of Prometheus: their names and types, in order. */
export const typesOf = (page: string): readonly (readonly [string, string])[] =>
  [...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type])

/** The series of one name on the page: the value by the labels, as they stand between the braces. */
export function seriesOf(page: string, name: string): Readonly<Record<string, number>> {
  const lines = page.matchAll(new RegExp(`^${name}(?:\\{(.*)\\})? (\\S+)$`, 'gm'))
  return Object.fromEntries([...lines].map(([, labels = '', value]) => [labels, Number(value)]))
}
