import { strToU8, zipSync } from 'fflate'
import type { ProjectFiles } from '../../../dev/explorer/reference.js'
import type { CodeCall } from './code-call.js'
import { type CodeLanguage, codeFor } from './languages.js'

/** The name of the folder that the zip file has. */
export const projectName = ({ id }: CodeLanguage) => `message-contacts-${id}`

/** A zip file with the code of a call, what builds and runs it, and the commands for that. */
export function projectZip(language: CodeLanguage, call: CodeCall, files: ProjectFiles): Uint8Array<ArrayBuffer> {
  const { file, protos } = language.project
  const contract = {
    ...(protos !== 'none' && files.contract),
    ...(protos === 'contract and refusals' && files.refusals),
  }
  const inFolder = Object.entries(contract).map(([path, text]): [string, string] => [`proto/${path}`, text])
  const project = {
    'README.md': readme(language, call),
    [file]: codeFor(language, call),
    ...files.builds[language.id],
    ...Object.fromEntries(inFolder),
  }
  const entries = Object.entries(project).map(([path, text]) => [`${projectName(language)}/${path}`, strToU8(text)])
  return zipSync(Object.fromEntries(entries))
}

function readme({ name, project, isUnverified }: CodeLanguage, call: CodeCall): string {
  const { operation, hasToken, grpcAddress, httpOrigin } = call
  const { needs, protos, setUp, run } = project
  const address = name === 'curl' ? httpOrigin : grpcAddress
  const paragraphs = [
    `# ${operation.name} in ${name}`,
    `A call of Message Contacts at \`${address}\`, as the explorer wrote it. ${operation.summary}`,
    `It needs ${needs} or newer. In this folder:`,
    commands([...setUp, ...(hasToken ? ['export TOKEN=...'] : []), run]),
    'The answer is printed. If the call is refused, the reason is printed, and the exit code is 1.',
    ...(protos === 'none' ? [] : ['`proto` has the contract of the service, from which the commands generate code.']),
    ...(isUnverified ? ['No test compiles this project.'] : []),
  ]
  return `${paragraphs.join('\n\n')}\n`
}

const commands = (lines: readonly string[]) => `\`\`\`sh\n${lines.join('\n')}\n\`\`\``
