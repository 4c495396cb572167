import { createContext, useContext, useState, type ReactNode } from 'react'
import { createPortal } from 'react-dom'

const Place = createContext<HTMLElement | null>(null)

/** Has tabs put buttons of their own into the head of the page, at the place that the head gives them. */
export function ActionsOf({ children }: { children: (place: (element: HTMLElement | null) => void) => ReactNode }) {
  const [place, setPlace] = useState<HTMLElement | null>(null)
  return <Place.Provider value={place}>{children(setPlace)}</Place.Provider>
}

/** Buttons of a tab, in the head of its page. */
export function HeadActions({ children }: { children: ReactNode }) {
  const place = useContext(Place)
  return place && createPortal(children, place)
}
