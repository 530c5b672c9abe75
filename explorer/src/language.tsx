import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import { english, type Texts } from './texts/english.js'
import { simplifiedChinese } from './texts/simplified-chinese.js'
import { traditionalChinese } from './texts/traditional-chinese.js'

/** The languages of the interface, by their tags. Texts of the reference are always English. */
export const languages = {
  en: { name: 'English', texts: english },
  'zh-Hans': { name: '简体中文', texts: simplifiedChinese },
  'zh-Hant': { name: '繁體中文', texts: traditionalChinese },
} as const satisfies Record<string, { name: string; texts: Texts }>

export type Language = keyof typeof languages
export const languageTags = Object.keys(languages) as Language[]

/** What the browser prefers, as far as the interface speaks it. */
export function preferredLanguage(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    if (/^en\b/i.test(tag)) return 'en'
    if (/^zh\b.*(hant|tw|hk|mo)/i.test(tag)) return 'zh-Hant'
    if (/^zh\b/i.test(tag)) return 'zh-Hans'
  }
  return 'en'
}

export const LanguageContext = createContext<Texts>(english)

export const useTexts = (): Texts => useContext(LanguageContext)
