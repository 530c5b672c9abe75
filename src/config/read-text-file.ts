import { readFileSync } from 'node:fs'
import type { ReadFile } from './read-settings.js'

export const readTextFile: ReadFile = (path) => readFileSync(path, 'utf8')
