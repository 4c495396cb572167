import { useNavigate } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { LineFilter, LogLine } from '../api/queries'
import { clockOf, count, exact, many } from '../model/format'
import { Icon } from '../parts/marks'
import { Failure, Segments, Skeleton } from '../parts/pieces'
import { useDebounced } from '../replay/useDebounced'
import { runRoute, type RunSearch } from '../router'
import { useLines } from './useLines'
import { useRun } from './useRun'

const LEVELS = [
  { value: '', label: 'All' },
  { value: 'INFO', label: 'Info' },
  { value: 'WARNING', label: 'Warning' },
  { value: 'ERROR', label: 'Error' },
]
const ROW = 24

/** What a run wrote: the filter stands in the address, and the end is followed by who reads there. */
export function LogsTab() {
  const { run } = runRoute.useParams()
  const search = runRoute.useSearch()
  const navigate = useNavigate({ from: runRoute.fullPath })
  const loaded = useRun(run)
  const [text, setText] = useState(search.text ?? '')
  const sought = useDebounced(text.trim(), 250)
  const set = useMemo(
    () => (some: Partial<RunSearch>) =>
      void navigate({
        to: '/runs/$run/logs',
        params: { run },
        search: (before) => Object.fromEntries(Object.entries({ ...before, ...some }).filter(([, value]) => value !== undefined && value !== '')),
        replace: true,
      }),
    [navigate, run],
  )
  useEffect(() => {
    if (sought !== (search.text ?? '')) set({ text: sought })
  }, [sought]) // eslint-disable-line
  const wanted: LineFilter = {
    ...(search.task && { address: search.task }),
    ...(search.level && { level: search.level }),
    ...(search.text && { text: search.text }),
    ...(search.attempt && { attempt: Number(search.attempt) }),
  }
  const { lines, complete, error } = useLines(run, wanted, loaded.live)
  const query = new URLSearchParams(Object.entries(wanted).map(([name, value]) => [name, String(value)]))
  return (
    <div className="pane">
      <div className="toolbar wraps">
        <label className="field search-field">
          <Icon name="search" size={14} />
          <input data-search aria-label="Search in lines" placeholder="Search in lines" value={text} onChange={(event) => setText(event.target.value)} />
        </label>
        <Segments label="Level" value={search.level ?? ''} choices={LEVELS} onChange={(level) => set({ level })} />
        {search.task && (
          <span className="chip">
            Task <b className="mono">{search.task}</b>
            <button type="button" className="chip-x" aria-label="Lines of all tasks" onClick={() => set({ task: undefined, attempt: undefined })}>
              <Icon name="x" size={13} />
            </button>
          </span>
        )}
        <span className="grow" />
        <span className="muted sm" role="status">
          {many(lines.length, 'line')}
          {!complete && ' …'}
        </span>
        <a className="btn sm only-wide" href={`/api/v1/runs/${run}/logs/download?${query}`} download>
          <Icon name="download" size={14} />
          Download
        </a>
      </div>
      {error ? (
        <Failure error={error} />
      ) : lines.length === 0 ? (
        complete ? (
          <p className="calm log-empty">{Object.keys(wanted).length > 0 ? 'No line matches.' : loaded.live ? 'Nothing has been written yet.' : 'It wrote nothing.'}</p>
        ) : (
          <Skeleton rows={12} />
        )
      ) : (
        <Lines lines={lines} length={lines.length} />
      )}
    </div>
  )
}

function Lines({ lines, length }: { lines: LogLine[]; length: number }) {
  const box = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({ count: length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 30 })
  const [at, setAt] = useState(() => Number(window.location.hash.slice(2)) || null)
  const [ending, setEnding] = useState(at === null)
  const seen = useRef(length)
  // who reads at the end stays there; who reads elsewhere is not moved
  useLayoutEffect(() => {
    if (ending) {
      virtual.scrollToIndex(length - 1, { align: 'end' })
      seen.current = length
    }
  }, [ending, length, virtual])
  const once = useRef(false)
  useEffect(() => {
    if (once.current || at === null) return
    const index = lines.findIndex((line) => line.position === at)
    if (index < 0) return
    once.current = true
    virtual.scrollToIndex(index, { align: 'center' })
  }, [at, lines, length, virtual])
  const scrolled = () => {
    const { scrollTop, clientHeight, scrollHeight } = box.current ?? { scrollTop: 0, clientHeight: 0, scrollHeight: 0 }
    const now = scrollHeight - scrollTop - clientHeight < ROW * 2
    if (now) seen.current = length
    setEnding(now)
  }
  const fresh = length - seen.current
  return (
    <div className="log-box">
      <div className="log log-page" ref={box} onScroll={scrolled} tabIndex={0} role="log" aria-live="off" aria-label="Lines">
        <div className="log-all" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const line = lines[item.index]
            if (!line) return null
            return (
              <div key={line.position} className={`${line.level}${line.position === at ? ' at' : ''}`} style={{ transform: `translateY(${item.start}px)` }}>
                <a
                  href={`#L${line.position}`}
                  title={exact(new Date(line.at))}
                  onClick={() => setAt(line.position)}
                >
                  <time>{clockOf(new Date(line.at))}</time>
                </a>
                <span className="lv">{line.level}</span>
                <span className="who cut" title={line.address}>
                  {line.address}
                </span>
                <span>{line.text}</span>
              </div>
            )
          })}
        </div>
      </div>
      {!ending && fresh > 0 && (
        <button type="button" className="pill-new log-new" onClick={() => setEnding(true)}>
          <Icon name="arrow-down" size={14} />
          {count(fresh)} new {fresh === 1 ? 'line' : 'lines'}
        </button>
      )}
    </div>
  )
}
