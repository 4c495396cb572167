import { useState } from 'react'

/** Has something done, and keeps the words of the server where it refuses. */
export function useSaying() {
  const [refused, setRefused] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const say = async <Result>(what: () => Promise<Result>): Promise<Result | null> => {
    setBusy(true)
    setRefused(null)
    try {
      return await what()
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error))
      return null
    } finally {
      setBusy(false)
    }
  }
  return { refused, busy, say }
}
