import { useEffect } from 'react'

/** Whether what has the focus takes letters itself. */
const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

/** Calls what belongs to a key, while nobody is typing and no dialog is open. */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return
      // a dialog that closes at this very key was still open
      if (document.querySelector('[aria-modal=true]') || (event.target instanceof Element && event.target.closest('[role=dialog]'))) return
      const does = keys[event.key]
      if (does === undefined) return
      event.preventDefault()
      does()
    }
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  }, [keys])
}
