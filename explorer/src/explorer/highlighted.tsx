const strings = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/.source
const slashComments = /\/\*[\s\S]*?\*\/|\/\/[^\n]*/.source
const hashComments = /(?<=^|\n|\s)#[^\n]*/.source
const words =
  /\b(?:import|from|const|let|function|return|new|await|async|for|if|else|try|catch|finally|break|continue|while|until|do|done|then|fi|exit|in|def|with|as|except|print|is|not|and|or|None|package|func|err|nil|defer|switch|case|var|public|class|static|void|throws|long|int|using|foreach)\b/
    .source
const numbers = /\b\d[\d_.]*\b/.source

const usesHash = ['curl', 'grpcurl', 'python']
const patterns = [slashComments, hashComments].map(
  (comments) =>
    new RegExp(`(?<comment>${comments})|(?<string>${strings})|(?<word>${words})|(?<number>${numbers})`, 'g'),
)

/** Code with its comments, strings, words and numbers in different colours. */
export function Highlighted({ code, language }: { readonly code: string; readonly language: string }) {
  const pattern = patterns[usesHash.includes(language) ? 1 : 0] ?? /$^/g
  const children = []
  let end = 0
  for (const match of code.matchAll(pattern)) {
    const kind = Object.entries(match.groups ?? {}).find(([, found]) => found !== undefined)?.[0]
    children.push(code.slice(end, match.index), <span class={kind}>{match[0]}</span>)
    end = match.index + match[0].length
  }
  return (
    <code>
      {children}
      {code.slice(end)}
    </code>
  )
}
