import type { ComponentChildren } from 'preact'

interface ScrollingProps {
  readonly class: string
  readonly label: string
  readonly children: ComponentChildren
}

/** What can be wider than its column. It takes the focus, because what scrolls must be reached with the keyboard. */
export function Scrolling({ class: className, label, children }: ScrollingProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
    <section class={className} tabIndex={0} aria-label={label}>
      {children}
    </section>
  )
}
