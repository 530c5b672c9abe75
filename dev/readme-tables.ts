import { meanings } from '../src/failure.js'
import { type Setting, settingsTable } from '../src/settings-table.js'

/** The README's tables, out of the code's own. A test compares; `npm run tables` writes them anew. */

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')

const reasons = table(
  ['reason', 'code', 'HTTP', 'message', 'gRPC status', 'further details'],
  Object.entries(meanings).map(([reason, { code, httpStatus, message, status, details }]) => [
    `\`${reason}\``,
    code,
    String(httpStatus),
    message,
    status,
    details.join(', '),
  ]),
)

const settings = table(
  ['setting', 'default', 'meaning'],
  Object.entries<Setting>(settingsTable).map(([name, line]) => [
    line.secret ? `\`${name}\` or \`${name}_FILE\`` : `\`${name}\``,
    line.default === undefined ? (line.optional ? 'none' : 'required') : `\`${line.default}\``,
    line.meaning,
  ]),
)

/** What stands between the markers `<!-- NAME -->` and `<!-- /NAME -->`, by name. */
const readmeTables = { reasons, settings }

/** The README with its tables as the code has them. Throws where it lacks a table's markers. */
export function withTables(readme: string): string {
  return Object.entries(readmeTables).reduce((text, [name, content]) => {
    const between = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`)
    if (!between.test(text)) throw new Error(`README.md has no table between <!-- ${name} --> and <!-- /${name} -->`)
    return text.replace(between, (_, before: string, after: string) => `${before}${content}\n${after}`)
  }, readme)
}
