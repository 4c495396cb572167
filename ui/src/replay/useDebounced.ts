import { useEffect, useState } from 'react'

/** Gives a value once it has stayed the same for a while. */
export function useDebounced<Value>(value: Value, pause: number): Value {
  const [settled, settle] = useState(value)
  useEffect(() => {
    const timer = window.setTimeout(() => settle(value), pause)
    return () => window.clearTimeout(timer)
  }, [value, pause])
  return settled
}
