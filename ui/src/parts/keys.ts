import { useEffect } from 'react'

/** Whether what has the focus takes letters itself. */
const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

const KEPT = 'dalsegno.keys'

/** Whether single letters are keys; this browser keeps it. */
export function lettersAreKeys(): boolean {
  try {
    return localStorage.getItem(KEPT) !== 'off'
  } catch {
    return true
  }
}

export function setLettersAreKeys(on: boolean): void {
  try {
    if (on) localStorage.removeItem(KEPT)
    else localStorage.setItem(KEPT, 'off')
  } catch {
    // a browser that keeps nothing has them on
  }
}

/** Calls what belongs to a key, while nobody is typing and no dialog is open. */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return
      // a dialog that closes at this very key was still open
      if (document.querySelector('[aria-modal=true]') || (event.target instanceof Element && event.target.closest('[role=dialog]'))) return
      const does = keys[event.key]
      if (does === undefined || (event.key.length === 1 && !lettersAreKeys())) return
      event.preventDefault()
      does()
    }
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  }, [keys])
}
