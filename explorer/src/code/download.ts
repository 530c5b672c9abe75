import { projectFiles } from 'virtual:project-files'
import type { CodeCall } from './code-call.js'
import type { CodeLanguage } from './languages.js'
import { projectName, projectZip } from './project.js'

/** Loaded on demand, because of the files of the projects. */

/** Browsers may read the file a while after the click. */
const keptMs = 60_000

/** Lets the browser save a project with the code of a call. */
export function downloadProject(language: CodeLanguage, call: CodeCall): void {
  const url = URL.createObjectURL(new Blob([projectZip(language, call, projectFiles)], { type: 'application/zip' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `${projectName(language)}.zip`
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), keptMs)
}
