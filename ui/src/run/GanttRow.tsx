import { memo, type CSSProperties } from 'react'
import { useNow } from '../api/hooks'
import { pastAt, presentAt, type Axis } from '../model/axis'
import { duration, many, span } from '../model/format'
import { wordOf, type Look } from '../model/looks'
import { addressOf, triedAgain, type Line, type Row } from '../model/tree'
import { Icon, Mark } from '../parts/marks'

interface Props {
  line: Line
  index: number
  top: number
  axis: Axis
  live: boolean
  selected: boolean
  focusable: boolean
  onChoose: () => void
  onFold: () => void
}

/** One stave of the score. */
export const GanttRow = memo(GanttRowShown, (before, after) =>
  (['line', 'index', 'top', 'axis', 'live', 'selected', 'focusable'] as const).every((each) =>
    each === 'line' ? before.line.row === after.line.row && before.line.open === after.line.open : before[each] === after[each],
  ),
)

function GanttRowShown({ line, index, top, axis, live, selected, focusable, onChoose, onFold }: Props) {
  const { row, depth, open } = line
  // what has not begun waits at the line of now
  const moving = live && row.ended === null
  const now = useNow(moving) / 1000
  const long = span(row.started, row.ended, now)
  const folds = row.children.length > 0 || triedAgain(row)
  const classes = ['g-row', `is-${row.kind}`, row.look === 'reused' && 'is-reused', row.look === 'skipped' && 'is-skipped', row.children.length > 0 && 'is-group']
  return (
    <div
      className={classes.filter(Boolean).join(' ')}
      role="row"
      tabIndex={focusable ? 0 : -1}
      aria-level={depth + 1}
      aria-rowindex={index + 1}
      aria-selected={selected}
      aria-expanded={folds ? open : undefined}
      data-address={addressOf(row) ?? undefined}
      style={{ '--depth': depth, transform: `translateY(${top}px)` } as CSSProperties}
      onClick={onChoose}
    >
      <div className="g-name" role="rowheader">
        {folds ? (
          <button
            type="button"
            className="twist"
            tabIndex={-1}
            aria-label={`${open ? 'Fold' : 'Unfold'} ${row.label}`}
            onClick={(event) => {
              event.stopPropagation()
              onFold()
            }}
          >
            <Icon name={open ? 'chevron-down' : 'chevron-right'} />
          </button>
        ) : (
          <span className="twist" />
        )}
        <Name row={row} />
      </div>
      <div className="g-dur" role="gridcell">
        {long !== null && row.kind !== 'more' && duration(long)}
      </div>
      <div className="g-track" role="gridcell">
        <Track row={row} axis={axis} now={now} live={live} />
      </div>
    </div>
  )
}

function Name({ row }: { row: Row }) {
  if (row.kind === 'more') {
    return (
      <>
        <span className="link">{row.label}</span>
        <span className="muted sm cut">{[...row.share].map(([look, number]) => `${number} ${wordOf(look).toLowerCase()}`).join(', ')}</span>
      </>
    )
  }
  const attempts = row.bar?.attempts ?? 0
  const leaves = [...row.share.values()].reduce((sum, each) => sum + each, 0)
  return (
    <>
      <Mark look={row.look} word={wordOf(row.look)} />
      <span className={row.kind === 'attempt' ? 'cut soft' : 'mono cut'} title={row.bar?.address}>
        {row.label}
      </span>
      {leaves > 0 && <span className="muted sm nowrap">{many(leaves, 'task')}</span>}
      {attempts > 1 && <span className="tag end only-wide">{attempts} attempts</span>}
      {row.stops && (
        <span className="tag end" data-state="paused" title="The run stops before it, and waits for you">
          breakpoint
        </span>
      )}
    </>
  )
}

function Track({ row, axis, now, live }: { row: Row; axis: Axis; now: number; live: boolean }) {
  if (row.kind === 'more') return null
  const past = row.bar?.action === 'REUSE' || (row.bar === null && row.look === 'reused')
  if (row.started === null) return <Nothing row={row} axis={axis} now={now} live={live} />
  const at = (moment: number) => (past ? pastAt(axis, moment) : presentAt(axis, moment))
  const from = at(row.started)
  const width = at(row.ended ?? (live ? now : row.started)) - from
  const style = { '--l': from, '--w': width } as CSSProperties
  if (row.share.size > 0) return <ShareBar share={row.share} style={style} />
  return <span className="bar" data-state={row.look} style={style} />
}

/** What a row shows that has no time: it waits, it was given, or it was never reached. */
function Nothing({ row, axis, now, live }: { row: Row; axis: Axis; now: number; live: boolean }) {
  const zero = { '--l': presentAt(axis, axis.present.start) } as CSSProperties
  if (row.look === 'pinned') {
    return (
      <span className="bar-label" data-state="pinned" style={zero}>
        <Mark look="pinned" />
        pinned
      </span>
    )
  }
  const failed = row.failedBefore ?? []
  if (live) return <span className="bar wait" data-state="queued" style={{ '--l': presentAt(axis, now), '--w': 5 } as CSSProperties} />
  return (
    <span className="bar-label" style={zero}>
      <i className="not-reached" />
      {failed.length === 0 ? 'not reached' : failed.length === 1 ? `${failed[0]} failed` : `${failed[0]} and ${failed.length - 1} more failed`}
    </span>
  )
}

const ORDER: readonly Look[] = ['reused', 'pinned', 'success', 'warning', 'killed', 'failed', 'running', 'paused', 'queued', 'skipped']

function ShareBar({ share, style }: { share: ReadonlyMap<Look, number>; style: CSSProperties }) {
  const all = [...share.values()].reduce((sum, each) => sum + each, 0)
  const parts = ORDER.flatMap((look) => {
    const number = share.get(look)
    return number === undefined ? [] : [{ look, number }]
  })
  const words = `${many(all, 'task')}: ${parts.map(({ look, number }) => `${number} ${wordOf(look).toLowerCase()}`).join(', ')}`
  return (
    <span className="bar group" role="img" aria-label={words} title={words} style={style}>
      {parts.map(({ look, number }) => (
        <i key={look} data-state={look} style={{ width: `${(100 * number) / all}%` }} />
      ))}
    </span>
  )
}
