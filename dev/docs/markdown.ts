const maxLineLength = 120

/** A table. Cells hold Markdown on one line. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Paragraphs with lines of at most 120 characters. Those that begin with `- ` are elements of a list. */
export function prose(paragraphs: readonly string[]): string {
  const isElement = (paragraph = '') => paragraph.startsWith('- ')
  return paragraphs
    .map((paragraph, index) => {
      const lines = wrapped(paragraph, isElement(paragraph) ? '  ' : '')
      if (index === 0) return lines
      return isElement(paragraph) && isElement(paragraphs[index - 1]) ? `\n${lines}` : `\n\n${lines}`
    })
    .join('')
}

function wrapped(text: string, indent: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (longer.length <= maxLineLength || line === '') line = longer
    else {
      lines.push(line)
      line = indent + word
    }
  }
  return [...lines, line].join('\n')
}

/** A page: a note that it is generated, a title, and blocks with empty lines between them. */
export function page(title: string, source: string, blocks: readonly string[]): string {
  const note = `<!-- Generated from ${source} by \`npm run docs\`. Do not edit. -->`
  return `${[note, `# ${title}`, ...blocks].join('\n\n')}\n`
}

/** A link to a heading, on this page or in another file. GitHub makes the anchor from the heading in lower case. */
export const linkTo = (heading: string, file = '') => `[${heading}](${file}#${heading.toLowerCase()})`
