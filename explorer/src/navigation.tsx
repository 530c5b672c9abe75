import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'

/** Where the application is: `path` without the host, `fragment` without its `#`. */
export interface Location {
  readonly path: string
  readonly fragment: string
}

const read = (): Location => ({ path: location.pathname, fragment: location.hash.slice(1) })

const listeners = new Set<() => void>()

/** Goes to another page of the application without loading it again. */
export function navigate(url: string): void {
  history.pushState(undefined, '', url)
  scrollTo(0, 0)
  for (const listener of listeners) listener()
}

export function useLocation(): Location {
  const [current, setCurrent] = useState(read)
  useEffect(() => {
    const update = () => setCurrent(read())
    listeners.add(update)
    addEventListener('popstate', update)
    return () => {
      listeners.delete(update)
      removeEventListener('popstate', update)
    }
  }, [])
  return current
}

interface LinkProps {
  readonly to: string
  readonly class?: string
  readonly isCurrent?: boolean
  readonly children: ComponentChildren
}

export function Link({ to, class: className, isCurrent = false, children }: LinkProps) {
  const follow = (event: MouseEvent) => {
    // Another window or tab is up to the browser.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    navigate(to)
  }
  return (
    <a href={to} class={className} aria-current={isCurrent ? 'page' : undefined} onClick={follow}>
      {children}
    </a>
  )
}
