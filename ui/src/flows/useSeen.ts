import { useEffect, useRef, useState } from 'react'

/** Whether an element has come into view: what it shows is asked for then, and not for a long list at once. */
export function useSeen<Kind extends Element>() {
  const box = useRef<Kind>(null)
  const [seen, setSeen] = useState(false)
  useEffect(() => {
    if (!box.current || seen) return
    const watch = new IntersectionObserver((entries) => {
      if (entries.some((each) => each.isIntersecting)) setSeen(true)
    })
    watch.observe(box.current)
    return () => watch.disconnect()
  }, [seen])
  return [box, seen] as const
}
