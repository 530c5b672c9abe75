import { type CodeCall, withoutGaps } from './code-call.js'
import { csharpCode } from './csharp.js'
import { goCode } from './go.js'
import { javaCode } from './java.js'
import { pythonCode } from './python.js'
import { curlCode, grpcurlCode } from './shell.js'
import { typescriptCode } from './typescript.js'

export interface CodeLanguage {
  readonly id: string
  readonly name: string
  readonly fileName: string
  readonly write: (call: CodeCall) => string
  /** No test compiles its code. */
  readonly isUnverified?: boolean
}

/** The code of a client that makes this call. */
export const codeFor = (language: CodeLanguage, call: CodeCall) => withoutGaps(language.write(call))

export const codeLanguages: readonly CodeLanguage[] = [
  { id: 'curl', name: 'curl', fileName: 'call.sh', write: curlCode },
  { id: 'grpcurl', name: 'grpcurl', fileName: 'call.sh', write: grpcurlCode },
  { id: 'typescript', name: 'TypeScript', fileName: 'call.ts', write: typescriptCode },
  { id: 'python', name: 'Python', fileName: 'call.py', write: pythonCode },
  { id: 'go', name: 'Go', fileName: 'main.go', write: goCode },
  { id: 'java', name: 'Java', fileName: 'Main.java', write: javaCode },
  { id: 'csharp', name: 'C#', fileName: 'Program.cs', write: csharpCode, isUnverified: true },
]
