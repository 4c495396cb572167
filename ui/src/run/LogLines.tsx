import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { LogLine } from '../api/queries'
import { clockOf, count, exact } from '../model/format'
import { marked } from '../model/find'
import { Icon } from '../parts/marks'

const ROW = 24

interface Props {
  lines: readonly LogLine[]
  /** How many there are: the list itself grows in place. */
  length: number
  sought: string
  /** The position of the line that is looked at among those that were found. */
  found: number | null
  following: boolean
  onFollow: (following: boolean) => void
}

/** Lines, of which only what is seen is in the page. Who reads at the end stays there; who reads elsewhere is not moved. */
export function LogLines({ lines, length, sought, found, following, onFollow }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({ count: length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 30 })
  const [at, setAt] = useState(() => Number(window.location.hash.slice(2)) || null)
  const seen = useRef(length)
  useLayoutEffect(() => {
    if (!following) return
    virtual.scrollToIndex(length - 1, { align: 'end' })
    seen.current = length
  }, [following, length, virtual])
  useScrollTo(at, lines, length, virtual, true)
  useScrollTo(found, lines, length, virtual, false)
  const scrolled = () => {
    const { scrollTop, clientHeight, scrollHeight } = box.current ?? { scrollTop: 0, clientHeight: 0, scrollHeight: 0 }
    const now = scrollHeight - scrollTop - clientHeight < ROW * 2
    if (now) seen.current = length
    if (now !== following) onFollow(now)
  }
  const fresh = length - seen.current
  return (
    <div className="log-box">
      <div className="log log-page" ref={box} onScroll={scrolled} tabIndex={0} role="log" aria-live="off" aria-label="Lines">
        <div className="log-all" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const line = lines[item.index]
            if (!line) return null
            const here = line.position === found ? ' found' : line.position === at ? ' at' : ''
            return (
              <div key={line.position} className={`${line.level}${here}`} style={{ transform: `translateY(${item.start}px)` }}>
                <a href={`#L${line.position}`} title={exact(new Date(line.at))} onClick={() => setAt(line.position)}>
                  <time>{clockOf(new Date(line.at))}</time>
                </a>
                <span className="lv">{line.level}</span>
                <span className="who cut" title={line.address}>
                  {line.address}
                </span>
                <span>{sought === '' ? line.text : marked(line.text, sought).map((part, index) => (part.hit ? <mark key={index}>{part.text}</mark> : part.text))}</span>
              </div>
            )
          })}
        </div>
      </div>
      {!following && fresh > 0 && (
        <button type="button" className="pill-new log-new" onClick={() => onFollow(true)}>
          <Icon name="arrow-down" size={14} />
          {count(fresh)} new {fresh === 1 ? 'line' : 'lines'}
        </button>
      )}
    </div>
  )
}

/** Brings the line at a position into view: once it is there, and for a link only the first time. */
function useScrollTo(position: number | null, lines: readonly LogLine[], length: number, virtual: { scrollToIndex: (index: number, options: { align: 'center' }) => void }, once: boolean) {
  const done = useRef<number | null>(null)
  useEffect(() => {
    if (position === null || done.current === position || (once && done.current !== null)) return
    const index = lines.findIndex((line) => line.position === position)
    if (index < 0) return
    done.current = position
    virtual.scrollToIndex(index, { align: 'center' })
  }, [position, lines, length, virtual, once])
}
