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
  readonly write: (call: CodeCall) => string
  readonly project: Project
  /** No test compiles its code. */
  readonly isUnverified?: boolean
}

/** A folder in which the code runs. */
export interface Project {
  /** Where the code is. */
  readonly file: string
  /** What must be installed, for people. */
  readonly needs: string
  /** Which files the build reads, in the folder `proto`. */
  readonly protos: 'none' | 'contract' | 'contract and refusals'
  /** Commands, before the first run. */
  readonly setUp: readonly string[]
  readonly run: string
}

/** The code of a client that makes this call. */
export const codeFor = (language: CodeLanguage, call: CodeCall) => withoutGaps(language.write(call))

export const codeLanguages: readonly CodeLanguage[] = [
  {
    id: 'curl',
    name: 'curl',
    write: curlCode,
    project: { file: 'call.sh', needs: 'curl 7.76', protos: 'none', setUp: [], run: 'sh call.sh' },
  },
  {
    id: 'grpcurl',
    name: 'grpcurl',
    write: grpcurlCode,
    project: { file: 'call.sh', needs: 'grpcurl', protos: 'none', setUp: [], run: 'sh call.sh' },
  },
  {
    id: 'typescript',
    name: 'TypeScript',
    write: typescriptCode,
    project: {
      file: 'call.ts',
      needs: 'Node 20.19',
      protos: 'contract and refusals',
      setUp: ['npm install', 'npx buf generate', 'npx tsc'],
      run: 'node dist/call.js',
    },
  },
  {
    id: 'python',
    name: 'Python',
    write: pythonCode,
    project: {
      file: 'call.py',
      needs: 'Python 3.9',
      protos: 'contract',
      setUp: [
        'python3 -m venv .venv',
        '.venv/bin/pip install -r requirements.txt',
        '.venv/bin/python -m grpc_tools.protoc -I proto --python_out=. --grpc_python_out=. proto/messagecontacts/v1/*.proto',
      ],
      run: '.venv/bin/python call.py',
    },
  },
  {
    id: 'go',
    name: 'Go',
    write: goCode,
    project: {
      file: 'main.go',
      needs: 'Go 1.25, and Node for the program buf',
      protos: 'contract',
      setUp: ['npx --yes @bufbuild/buf generate', 'go build -o call .'],
      run: './call',
    },
  },
  {
    id: 'java',
    name: 'Java',
    write: javaCode,
    project: {
      file: 'src/main/java/Main.java',
      needs: 'Java 17 and Maven',
      protos: 'contract',
      setUp: ['mvn --quiet compile'],
      run: "java -cp 'target/classes:target/packages/*' Main",
    },
  },
  {
    id: 'csharp',
    name: 'C#',
    write: csharpCode,
    project: { file: 'Program.cs', needs: '.NET 8', protos: 'contract', setUp: [], run: 'dotnet run' },
    isUnverified: true,
  },
]
