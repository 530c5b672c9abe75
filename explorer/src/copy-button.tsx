import { useState } from 'preact/hooks'
import { useTexts } from './language.js'

const shownMs = 2000

interface CopyButtonProps {
  readonly label: string
  readonly text: () => string
  readonly class?: string
  readonly title?: string
}

/** Copies a text and says so. */
export function CopyButton({ label, text, class: className = '', title }: CopyButtonProps) {
  const t = useTexts()
  const [outcome, setOutcome] = useState<'copied' | 'failed'>()
  const copy = async () => {
    setOutcome((await writeClipboard(text())) ? 'copied' : 'failed')
    setTimeout(() => setOutcome(undefined), shownMs)
  }
  return (
    <span class="copy">
      <button type="button" class={className} title={title} onClick={() => void copy()}>
        {outcome === 'copied' ? `✓ ${t.copied}` : label}
      </button>
      <span role="status" class={outcome === 'failed' ? 'hint' : 'unseen'}>
        {outcome === 'failed' ? t.copyFailed : outcome && t.copied}
      </span>
    </span>
  )
}

/** Browsers have a clipboard only for pages of this machine and for https. */
async function writeClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
