import { useCallback, useMemo, useRef, useState } from 'react'
import type { Run } from '../api/queries'
import { selecting, type RunRow } from '../model/lineage'

export interface Selection {
  chosen: ReadonlyMap<string, Run>
  /** Whether these are all that matched at some moment. */
  all: boolean
  turn: (at: number, reach: boolean) => void
  /** Selects these, and no others. */
  take: (runs: readonly Run[], all: boolean) => void
  clear: () => void
}

/** Which runs of a list are selected; they stay so whatever the list does. */
export function useSelection(rows: readonly RunRow<Run>[]): Selection {
  const [chosen, choose] = useState<ReadonlyMap<string, Run>>(new Map())
  const [all, setAll] = useState(false)
  const last = useRef<string | null>(null)
  const now = useRef(rows)
  now.current = rows
  const turn = useCallback((at: number, reach: boolean) => {
    const from = now.current.findIndex((row) => row.run.id === last.current)
    setAll(false)
    choose((before) => selecting(before, now.current, at, reach && from >= 0 ? { from } : null))
    last.current = now.current[at]?.run.id ?? null
  }, [])
  const take = useCallback((runs: readonly Run[], whole: boolean) => {
    choose(new Map(runs.map((run) => [run.id, run])))
    setAll(whole)
  }, [])
  const clear = useCallback(() => take([], false), [take])
  return useMemo(() => ({ chosen, all, turn, take, clear }), [chosen, all, turn, take, clear])
}
