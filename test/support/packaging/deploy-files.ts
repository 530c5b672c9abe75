import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

export const projectFolder = fileURLToPath(new URL('../../..', import.meta.url))
export const kubernetesFolder = join(projectFolder, 'deploy', 'kubernetes')

/** The Python packages that check files of the project. */
export const checkerRequirements = join(projectFolder, 'test', 'support', 'packaging', 'requirements.txt')

/** The value of a YAML file of the project. Its parts are any: a test that reads a part that is not there fails. */
// biome-ignore lint/suspicious/noExplicitAny: a type for each manifest would repeat the manifests.
export const readYaml = (...path: readonly string[]): any =>
  parse(readFileSync(join(projectFolder, ...path), 'utf8'), { merge: true })

export const readManifest = (name: string) => readYaml('deploy', 'kubernetes', name)

/** The variables that the image sets. */
export const imageEnvironment: Readonly<Record<string, string>> = Object.fromEntries(
  [...readFileSync(join(projectFolder, 'Dockerfile'), 'utf8').matchAll(/^ENV (.*)$/gm)].flatMap(([, line = '']) =>
    line.split(' ').map((variable) => variable.split('=', 2)),
  ),
)

/** The files of deploy/kubernetes that describe objects of Kubernetes itself, not of extensions. */
export const kubernetesManifests: readonly string[] = readdirSync(kubernetesFolder).filter(
  (name) => !['kustomization.yaml', 'service-monitor.yaml'].includes(name),
)
