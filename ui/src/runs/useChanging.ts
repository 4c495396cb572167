import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { ALL_RUNS, type Run } from '../api/queries'
import { STATISTICS } from '../api/statistics'
import type { Change } from './changes'

/** So many requests are under way at once. */
const AT_ONCE = 4

interface Progress {
  total: number
  done: number
  refused: { run: Run; why: string }[]
  ended: boolean
}

/** Changes many runs, a few at a time: what is refused is told run by run, and does not hold up the others. */
export function useChanging() {
  const client = useQueryClient()
  const [progress, setProgress] = useState<Progress | null>(null)
  const stopped = useRef(false)
  // whoever leaves the page stops what has not begun
  useEffect(() => () => void (stopped.current = true), [])
  const start = async (runs: readonly Run[], change: Change) => {
    stopped.current = false
    const state: Progress = { total: runs.length, done: 0, refused: [], ended: false }
    const told = () => setProgress({ ...state, refused: [...state.refused] })
    const left = [...runs].reverse()
    told()
    const work = async () => {
      for (let run = left.pop(); run !== undefined && !stopped.current; run = left.pop()) {
        try {
          await change(run)
        } catch (error) {
          state.refused.push({ run, why: error instanceof Error ? error.message : String(error) })
        }
        state.done += 1
        told()
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    state.ended = true
    told()
    void client.invalidateQueries({ queryKey: ALL_RUNS })
    void client.invalidateQueries({ queryKey: STATISTICS })
    void client.invalidateQueries({ queryKey: ['run'] })
  }
  return { progress, start, stop: () => (stopped.current = true) }
}
