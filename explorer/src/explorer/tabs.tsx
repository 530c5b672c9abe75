import type { ComponentChildren } from 'preact'

interface TabsProps {
  readonly label: string
  readonly tabs: readonly { readonly id: string; readonly name: string }[]
  readonly selected: string
  readonly select: (id: string) => void
  /** The id of the element that they control. */
  readonly panel: string
}

/** Tabs as the ARIA pattern wants them: one of them is in the order of the Tab key, arrow keys move between them. */
export function Tabs({ label, tabs, selected, select, panel }: TabsProps) {
  const idOf = (id: string) => `${panel}-${id}`
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const index = tabs.findIndex(({ id }) => id === selected)
    const next = tabs[(index + step + tabs.length) % tabs.length]
    if (!next) return
    select(next.id)
    document.getElementById(idOf(next.id))?.focus()
  }
  return (
    <div role="tablist" aria-label={label} class="tabs" onKeyDown={move}>
      {tabs.map(({ id, name }) => (
        <button
          key={id}
          id={idOf(id)}
          type="button"
          role="tab"
          aria-selected={id === selected}
          aria-controls={panel}
          tabIndex={id === selected ? 0 : -1}
          onClick={() => select(id)}
        >
          {name}
        </button>
      ))}
    </div>
  )
}

interface TabPanelProps {
  readonly id: string
  readonly selected: string
  readonly class: string
  readonly children: ComponentChildren
}

/** What the selected tab shows. It takes the focus, because what scrolls must be reached with the keyboard. */
export function TabPanel({ id, selected, class: className, children }: TabPanelProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
    <div id={id} role="tabpanel" tabIndex={0} aria-labelledby={`${id}-${selected}`} class={className}>
      {children}
    </div>
  )
}
