import { useSyncExternalStore } from 'react'

let needed = false
const listeners = new Set<() => void>()

/** Whether the server wants to know who asks. */
export const session = {
  need(now: boolean): void {
    if (now === needed) return
    needed = now
    for (const listener of listeners) listener()
  },
}

export const useLoginNeeded = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => needed,
  )
