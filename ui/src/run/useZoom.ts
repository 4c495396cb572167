import { useCallback, useEffect, useRef, useState } from 'react'

/** How far one can zoom in. */
const MOST = 256

/** What part of the time is seen: how much it is enlarged, and at which per cent it begins. */
export function useZoom() {
  const [{ by, from }, set] = useState({ by: 1, from: 0 })
  const ref = useRef<HTMLDivElement>(null)
  /** Zooms, and keeps the moment at a share of the width where it is. */
  const scale = useCallback((factor: number, at = 0.5) => {
    set((before) => {
      const next = Math.min(MOST, Math.max(1, before.by * factor))
      const held = before.from + (at * 100) / before.by
      return { by: next, from: bounded(held - (at * 100) / next, next) }
    })
  }, [])
  const fit = useCallback(() => set({ by: 1, from: 0 }), [])
  useEffect(() => {
    const box = ref.current
    if (!box) return
    const turned = (event: WheelEvent) => {
      const track = box.querySelector('.g-time')?.getBoundingClientRect()
      if (!track) return
      if (event.ctrlKey) {
        event.preventDefault()
        scale(Math.exp(-event.deltaY / 200), Math.min(1, Math.max(0, (event.clientX - track.left) / track.width)))
      } else if (event.deltaX !== 0) {
        set((before) => ({ ...before, from: bounded(before.from + (100 * event.deltaX) / (track.width * before.by), before.by) }))
      }
    }
    box.addEventListener('wheel', turned, { passive: false })
    return () => box.removeEventListener('wheel', turned)
  }, [scale])
  return { by, from, ref, scale, fit }
}

const bounded = (from: number, by: number): number => Math.min(100 - 100 / by, Math.max(0, from))
