import { useCallback, useEffect, useReducer, useRef, useState } from 'react'
import { follow } from '../api/live'
import { linesFrom, type LineFilter, type LogLine } from '../api/queries'

interface Read {
  lines: LogLine[]
  /** Whether all that is there has been read. */
  complete: boolean
  error: Error | null
}

/** How often new lines are drawn at most, in milliseconds. */
const APART = 100

/** Reads the lines of a log, and goes on with them while the run executes. What is read is never read twice. */
export function useLines(run: string, wanted: LineFilter, live: boolean): Read {
  const key = JSON.stringify([run, wanted])
  const kept = useRef<LogLine[]>([])
  const [read, setRead] = useState<string | null>(null)
  const complete = read === key
  const [error, setError] = useState<Error | null>(null)
  const [, drawn] = useReducer((count: number) => count + 1, 0)
  const timer = useRef<number | undefined>(undefined)
  const followed = useRef(false)
  const add = useCallback((more: LogLine[]) => {
    const last = kept.current.at(-1)?.position ?? 0
    kept.current.push(...more.filter((line) => line.position > last))
    timer.current ??= window.setTimeout(() => {
      timer.current = undefined
      drawn()
    }, APART)
  }, [])
  const readOn = useCallback(
    async (signal: AbortSignal) => {
      const asked = JSON.parse(key)[1] as LineFilter
      for (let from: number | null = kept.current.at(-1)?.position ?? 0; from !== null; ) {
        const found: Awaited<ReturnType<typeof linesFrom>> = await linesFrom(run, asked, from, undefined, signal)
        if (signal.aborted) return
        add(found.lines)
        from = found.next
      }
    },
    [key, run, add],
  )

  useEffect(() => {
    const stop = new AbortController()
    kept.current = []
    followed.current = false
    setRead(null)
    setError(null)
    readOn(stop.signal)
      .then(() => !stop.signal.aborted && setRead(key))
      .catch((caught: unknown) => {
        if (!stop.signal.aborted) setError(caught as Error)
      })
    return () => stop.abort()
  }, [key, readOn])

  useEffect(() => {
    if (!complete) return
    const stop = new AbortController()
    if (!live) {
      // what was written last may not have been told before the run ended; lines that are there stay where they are
      if (followed.current) readOn(stop.signal).catch(() => undefined)
      return () => stop.abort()
    }
    followed.current = true
    const asked = JSON.parse(key)[1] as LineFilter
    const after = kept.current.at(-1)?.position ?? 0
    const query = new URLSearchParams([...Object.entries(asked), ['after', after]].map(([name, value]) => [String(name), String(value)]))
    return follow(`/api/v1/runs/${encodeURIComponent(run)}/logs/follow?${query}`, { kinds: ['line'], event: (_, data) => add([data as LogLine]) })
  }, [key, run, live, complete, add, readOn])

  useEffect(
    () => () => {
      window.clearTimeout(timer.current)
      timer.current = undefined
    },
    [],
  )
  return { lines: kept.current, complete, error }
}
