import { useSyncExternalStore } from 'react'

const QUERY = window.matchMedia('(max-width: 640px)')

/** Whether the page is as narrow as a telephone. */
export const useSmall = (): boolean =>
  useSyncExternalStore(
    (changed) => {
      QUERY.addEventListener('change', changed)
      return () => QUERY.removeEventListener('change', changed)
    },
    () => QUERY.matches,
  )
