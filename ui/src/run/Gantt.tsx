import { useQueries } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useDeferredValue, useEffect, useMemo, useRef, useState, type CSSProperties } from 'react'
import { useNow } from '../api/hooks'
import { attemptsQuery } from '../api/queries'
import { axisOf, onPresent, place, roomFor, seenOf, ticks, type Axis, type Span } from '../model/axis'
import { duration, when } from '../model/format'
import { wordOf, type Look } from '../model/looks'
import { addressOf, foldable, linesOf, triedAgain, triedBy, withAttempts, type Bar, type Line, type Row } from '../model/tree'
import { useKeys } from '../parts/keys'
import { Caesura, Icon, Mark } from '../parts/marks'
import { Segments } from '../parts/pieces'
import { IconButton } from '../parts/button'
import { GanttRow } from './GanttRow'
import { narrowed, tally } from './narrowed'
import type { Loaded } from './useRun'
import { useSmall } from './useSmall'
import { useZoom } from './useZoom'

interface Props {
  rows: Row[]
  loaded: Loaded
  selected: string | null
  onSelect: (address: string | null) => void
}

/** When each task ran: the origin's time to the left of the cut, this run's to the right. */
export function Gantt({ rows, loaded, selected, onSelect }: Props) {
  const [open, setOpen] = useState<ReadonlyMap<string, boolean>>(new Map())
  const [text, setText] = useState('')
  const [look, setLook] = useState<Look | 'all'>('all')
  const [cutting, setCutting] = useState(true)
  const zoom = useZoom()
  const sought = useDeferredValue(text.trim().toLowerCase())
  const shown = useMemo(() => narrowed(rows, sought, look), [rows, sought, look])
  const narrow = sought !== '' || look !== 'all'
  // rows that were once seen live stay in their order
  const [longest, setLongest] = useState(true)
  if (loaded.live && longest) setLongest(false)
  const folded = useMemo(
    () => linesOf(shown, narrow ? allOpen(shown) : open, { kept: selected, longest }),
    [shown, open, narrow, selected, longest],
  )
  const lines = useAttempts(loaded, folded)
  const counts = useMemo(() => tally(rows), [rows])
  const axis = useAxis(loaded, cutting)
  const keys = useMemo(() => foldable(rows), [rows])
  const unfolded = keys.length > 0 && keys.every((key) => open.get(key))
  const fold = (key: string, now: boolean) => setOpen((before) => new Map(before).set(key, now))
  const cut = (axis.past?.cut ?? 0) + axis.present.cut
  return (
    <>
      <div className="toolbar">
        <label className="field search-field only-wide">
          <Icon name="filter" size={14} />
          <input data-search placeholder="Filter tasks" aria-label="Filter tasks" value={text} onChange={(event) => setText(event.target.value)} />
        </label>
        <Segments
          label="State"
          value={look}
          onChange={setLook}
          choices={[
            { value: 'all' as Look | 'all', label: `All ${counts.all}` },
            ...[...counts.by].map(([each, number]) => ({
              value: each as Look | 'all',
              name: `${wordOf(each)}, ${number}`,
              label: (
                <>
                  <Mark look={each} />
                  {number}
                </>
              ),
            })),
          ]}
        />
        <span className="grow" />
        {(cut > 0 || !cutting) && (
          <button type="button" className="chip only-wide" aria-pressed={cutting} onClick={() => setCutting(!cutting)}>
            <Caesura />
            {cutting ? 'Idle time cut' : 'Idle time shown'}
          </button>
        )}
        {keys.length > 0 && (
          <IconButton
            icon="arrows-vertical"
            label={unfolded ? 'Fold all' : 'Unfold all'}
            className="only-wide"
            onClick={() => setOpen(new Map(unfolded ? keys.map((key) => [key, false]) : [...keys, ...mores(rows)].map((key) => [key, true])))}
          />
        )}
        <ZoomButtons zoom={zoom} />
      </div>
      <Score lines={lines} axis={axis} loaded={loaded} selected={selected} onSelect={onSelect} fold={fold} zoom={zoom} />
      <Legend looks={[...counts.by.keys()]} cut={cut} />
    </>
  )
}

const allOpen = (rows: readonly Row[]): ReadonlyMap<string, boolean> =>
  new Map([...foldable(rows), ...mores(rows)].map((key) => [key, true]))

/** The keys of the rows that stand for many items. */
const mores = (rows: readonly Row[]): string[] =>
  rows.flatMap((row) => [...(row.children[0] ? [`more:${row.children[0].key}`] : []), ...mores(row.children)])

/** Puts the attempts below the tasks that are unfolded; they are asked for when they are wanted. */
function useAttempts(loaded: Loaded, lines: Line[]): Line[] {
  const run = loaded.gantt?.id ?? ''
  const wanted = lines.filter((line) => line.open && triedAgain(line.row)).map((line) => line.row.key)
  const found = useQueries({ queries: wanted.map((address) => attemptsQuery(run, address)), combine: (all) => all.map((each) => each.data) })
  return useMemo(() => {
    if (wanted.length === 0) return lines
    return withAttempts(lines, new Map(wanted.map((address, index) => [address, found[index] ?? []])))
  }, [lines, found, wanted.length]) // eslint-disable-line
}

const reused = (bar: Bar): boolean => bar.action === 'REUSE'

function useAxis(loaded: Loaded, cutting: boolean): Axis {
  const { gantt, live } = loaded
  const now = useNow(live) / 1000
  const room = gantt?.started && live ? roomFor(now - gantt.started) : null
  return useMemo(() => {
    const spans = (bars: readonly Bar[]): Span[] =>
      bars.flatMap((bar) => (bar.started === null ? [] : [{ from: bar.started, to: bar.ended ?? bar.started }]))
    const bars = gantt?.bars ?? []
    const present = spans(bars.filter((bar) => !reused(bar)))
    if (gantt?.started && room !== null) present.push({ from: gantt.started, to: gantt.started + room })
    return axisOf(spans(bars.filter(reused)), present, cutting)
  }, [gantt, room, cutting])
}

/** The address that a row is of: what has begun, or a task that is still to come. */
interface ScoreProps {
  lines: Line[]
  axis: Axis
  loaded: Loaded
  selected: string | null
  onSelect: (address: string | null) => void
  fold: (key: string, open: boolean) => void
  zoom: Zoom
}

function Score({ lines, axis, loaded, selected, onSelect, fold, zoom }: ScoreProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const small = useSmall()
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (small ? 48 : 32),
    overscan: 12,
    getItemKey: (index) => lines[index]?.row.key ?? index,
  })
  useEffect(() => virtual.measure(), [virtual, small])
  const [cursor, setCursor] = useState<string | null>(null)
  const at = useMemo(() => Math.max(0, lines.findIndex((line) => line.row.key === (cursor ?? selected))), [lines, cursor, selected])
  const focused = useRef(false)

  const go = (index: number) => {
    const line = lines[Math.min(lines.length - 1, Math.max(0, index))]
    if (!line) return
    setCursor(line.row.key)
    focused.current = true
    virtual.scrollToIndex(lines.indexOf(line), { align: 'auto' })
    const address = addressOf(line.row)
    if (selected !== null && address !== null) onSelect(address)
  }
  useEffect(() => {
    if (!focused.current) return
    focused.current = false
    scroller.current?.querySelector<HTMLElement>('[role=row][tabindex="0"]')?.focus({ preventScroll: true })
  })
  // a link to a task brings it into view
  const once = useRef(false)
  useEffect(() => {
    if (once.current || lines.length === 0) return
    once.current = true
    const index = lines.findIndex((line) => selected !== null && addressOf(line.row) === selected)
    if (index > 0) virtual.scrollToIndex(index, { align: 'center' })
  }, [lines, selected, virtual])
  useKeys(
    useMemo(() => {
      const failing = () => {
        const from = lines.findIndex((line) => line.row.key === (cursor ?? selected))
        const order = [...lines.slice(from + 1), ...lines.slice(0, from + 1)]
        const next = order.find((line) => line.row.look === 'failed' && line.row.children.length === 0 && line.row.bar)
        if (next?.row.bar) {
          setCursor(next.row.key)
          virtual.scrollToIndex(lines.indexOf(next), { align: 'auto' })
          onSelect(next.row.bar.address)
        }
      }
      const step = (by: number) => () => {
        const index = lines.findIndex((line) => selected !== null && addressOf(line.row) === selected)
        for (let next = index + by; next >= 0 && next < lines.length; next += by) {
          const row = lines[next]?.row
          const address = row ? addressOf(row) : null
          if (address !== null) return onSelect(address)
        }
      }
      return { e: failing, '[': step(-1), ']': step(1) }
    }, [lines, cursor, selected, onSelect, virtual]),
  )
  const pressed = (event: React.KeyboardEvent) => {
    const line = lines[at]
    const does: Record<string, () => void> = {
      ArrowDown: () => go(at + 1),
      j: () => go(at + 1),
      ArrowUp: () => go(at - 1),
      k: () => go(at - 1),
      Home: () => go(0),
      End: () => go(lines.length - 1),
      ArrowRight: () => line && (line.row.children.length > 0 || triedAgain(line.row)) && fold(line.row.key, true),
      ArrowLeft: () => line && fold(line.row.key, false),
      Enter: () => line && chooses(line),
      Escape: () => onSelect(null),
    }
    const found = does[event.key]
    if (!found || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    event.stopPropagation()
    found()
  }
  const chooses = (line: Line) => {
    const address = addressOf(line.row)
    setCursor(line.row.key)
    if (line.row.kind === 'more') fold(line.row.key, line.row.label !== 'Fewer')
    else if (line.row.kind === 'attempt') onSelect(triedBy(line.row))
    else if (address !== null) onSelect(address)
    else fold(line.row.key, !line.open)
  }
  const style = { '--zoom': zoom.by, '--pan': zoom.from } as CSSProperties
  return (
    <div className="gantt" style={style} ref={zoom.ref}>
      <div className="g-scroll" ref={scroller} onKeyDown={pressed}>
        <Times axis={axis} loaded={loaded} zoom={zoom} />
        <div className="g-canvas" style={{ height: virtual.getTotalSize() }}>
          <Lines axis={axis} loaded={loaded} zoom={zoom} />
          <div className="g-body" role="treegrid" aria-label="Tasks" aria-rowcount={lines.length}>
            {virtual.getVirtualItems().map((item) => {
              const line = lines[item.index]
              if (!line) return null
              return (
                <GanttRow
                  key={item.key}
                  line={line}
                  index={item.index}
                  top={item.start}
                  axis={axis}
                  live={loaded.live}
                  selected={selected !== null && addressOf(line.row) === selected}
                  focusable={item.index === at}
                  onChoose={() => chooses(line)}
                  onFold={() => fold(line.row.key, !line.open)}
                />
              )
            })}
          </div>
        </div>
      </div>
    </div>
  )
}

type Zoom = ReturnType<typeof useZoom>

/** How many ticks there is room for over the whole width. */
const TICKS = 9

function scaleOf(axis: Axis, { by, from }: { by: number; from: number }) {
  const seen = seenOf(axis, from, from + 100 / by)
  const past = axis.past ? ticks(axis.past, Math.max(1, TICKS * axis.share * by), seen.past) : []
  const present = ticks(axis.present, Math.max(1, TICKS * (1 - axis.share) * by), seen.present)
  return [
    ...past.map((tick) => ({ ...tick, at: tick.at * axis.share * 100 })),
    ...present.map((tick) => ({ ...tick, at: onPresent(axis, tick.at) })),
  ]
}

const left = (percent: number): CSSProperties => ({ '--l': percent }) as CSSProperties

function Times({ axis, loaded, zoom }: { axis: Axis; loaded: Loaded; zoom: Zoom }) {
  const scale = scaleOf(axis, zoom)
  const origin = loaded.lineage.find((each) => each.id === loaded.head?.origin)
  return (
    <div className="g-head">
      <span>Task</span>
      <span>Duration</span>
      <div className="g-time">
        {axis.past && (
          <>
            <span className="era past" style={left(0)}>
              {origin ? (
                <Link to="/runs/$run" params={{ run: origin.id }} search={{}}>
                  {origin.name}
                </Link>
              ) : (
                'earlier runs'
              )}
              <span className="muted only-wide">, {when(new Date(axis.past.start * 1000), new Date())}</span>
            </span>
            <span className="era" style={left(onPresent(axis, 0))}>
              this run
            </span>
            <span className="caesura-mark" style={left(axis.share * 100)}>
              <Caesura word="The time between the runs is cut out" />
            </span>
          </>
        )}
        {scale.map((tick) => (
          <span key={`${tick.at}`} className={tick.label === '0' ? 'tick first' : 'tick'} style={left(tick.at)}>
            {tick.label}
          </span>
        ))}
      </div>
    </div>
  )
}

function Lines({ axis, loaded, zoom }: { axis: Axis; loaded: Loaded; zoom: Zoom }) {
  const scale = scaleOf(axis, zoom)
  const now = useNow(loaded.live) / 1000
  const cuts = (clock: Axis['present'], at: (share: number) => number) => clock.parts.slice(1).map((part) => at(part.at))
  const broken = [
    ...(axis.past ? cuts(axis.past, (share) => share * axis.share * 100) : []),
    ...cuts(axis.present, (share) => onPresent(axis, share)),
  ]
  return (
    <div className="g-lines" aria-hidden>
      {axis.past && <span className="past" style={{ '--w': axis.share * 100 } as CSSProperties} />}
      {scale.map((tick) => (
        <i key={`${tick.at}`} style={left(tick.at)} />
      ))}
      {axis.past && <span className="caesura" style={left(axis.share * 100)} />}
      {broken.map((at) => (
        <span key={at} className="caesura" style={left(at)} />
      ))}
      {loaded.live && loaded.gantt?.started && <i className={loaded.gantt.state === 'PAUSED' ? 'now stopped' : 'now'} style={left(onPresent(axis, place(axis.present, now)))} />}
    </div>
  )
}

function ZoomButtons({ zoom }: { zoom: Zoom }) {
  return (
    <>
      <IconButton icon="plus" label="Zoom in" className="only-wide" onClick={() => zoom.scale(2)} />
      <IconButton icon="minus" label="Zoom out" className="only-wide" disabled={zoom.by === 1} onClick={() => zoom.scale(0.5)} />
      <IconButton icon="arrows-horizontal" label="Zoom to fit" disabled={zoom.by === 1} onClick={zoom.fit} />
    </>
  )
}

function Legend({ looks, cut }: { looks: Look[]; cut: number }) {
  return (
    <div className="g-legend">
      {looks.map((look) => (
        <span key={look}>
          <Mark look={look} />
          {look === 'reused' ? 'Reused, ran in the origin' : look === 'paused' ? 'Waits for you' : wordOf(look)}
        </span>
      ))}
      {cut > 0 && (
        <span>
          <Caesura />
          {duration(cut)} without work cut out
        </span>
      )}
    </div>
  )
}
