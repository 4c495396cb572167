import { useEffect, useReducer, useRef, useState } from 'react'
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
  const [complete, setComplete] = useState(false)
  const [error, setError] = useState<Error | null>(null)
  const [, drawn] = useReducer((count: number) => count + 1, 0)

  useEffect(() => {
    const asked = JSON.parse(key)[1] as LineFilter
    const stop = new AbortController()
    let close: (() => void) | undefined
    let timer: number | undefined
    kept.current = []
    setComplete(false)
    setError(null)
    const draw = () => {
      timer ??= window.setTimeout(() => {
        timer = undefined
        drawn()
      }, APART)
    }
    const add = (more: LogLine[]) => {
      const last = kept.current.at(-1)?.position ?? 0
      kept.current.push(...more.filter((line) => line.position > last))
      draw()
    }
    const read = async () => {
      for (let from: number | null = 0; from !== null; ) {
        const found: Awaited<ReturnType<typeof linesFrom>> = await linesFrom(run, asked, from, undefined, stop.signal)
        add(found.lines)
        from = found.next
      }
      setComplete(true)
      if (!live || stop.signal.aborted) return
      const after = kept.current.at(-1)?.position ?? 0
      const query = new URLSearchParams([...Object.entries(asked), ['after', after]].map(([name, value]) => [String(name), String(value)]))
      close = follow(`/api/v1/runs/${encodeURIComponent(run)}/logs/follow?${query}`, { kinds: ['line'], event: (_, data) => add([data as LogLine]) })
    }
    read().catch((caught: unknown) => {
      if (!stop.signal.aborted) setError(caught as Error)
    })
    return () => {
      stop.abort()
      close?.()
      window.clearTimeout(timer)
    }
  }, [key, run, live])
  return { lines: kept.current, complete, error }
}
