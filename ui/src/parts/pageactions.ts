import { useEffect, useSyncExternalStore } from 'react'

/** Something that the page at hand can do: the command palette offers it. */
export interface PageAction {
  label: string
  /** The key that does the same, as the page shows it. */
  hint?: string
  run: () => void
}

let offered: readonly (readonly PageAction[])[] = []
const told = new Set<() => void>()

function set(next: typeof offered): void {
  offered = next
  for (const each of told) each()
}

/** Offers actions of a page while it is open; what is open last is offered first. */
export function usePageActions(actions: readonly PageAction[]): void {
  useEffect(() => {
    set([actions, ...offered])
    return () => set(offered.filter((each) => each !== actions))
  }, [actions])
}

const subscribe = (changed: () => void) => {
  told.add(changed)
  return () => void told.delete(changed)
}

/** All that is offered now. */
export const useOffered = (): readonly (readonly PageAction[])[] => useSyncExternalStore(subscribe, () => offered)
