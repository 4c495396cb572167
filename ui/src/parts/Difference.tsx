import '../styles/difference.css'
import { memo, useMemo, useState } from 'react'
import { yamlParts } from '../model/colours'
import { compareTexts } from '../model/diff'
import { many } from '../model/format'
import { crossed, folded, inline, paired, type PairedRow, type Shown, type SideLine } from '../model/sidebyside'
import { CLASSES } from './code'

export type DiffView = 'side' | 'inline'

/** What differs between two texts, side by side or in one column; what is changed inside of a line is marked. */
export function Difference({ before, after, view, label = 'Difference', around = 3 }: { before: string; after: string; view: DiffView; label?: string; around?: number }) {
  const shown = useMemo(() => folded(paired(compareTexts(before, after)), around), [before, after, around])
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set())
  const unfold = (at: number) => setOpen((known) => new Set([...known, at]))
  const same = before === after
  return (
    <div className={`scroll diff ${view}`} role="group" aria-label={label} tabIndex={0}>
      {same ? <p className="calm">The texts are the same.</p> : view === 'side' ? <Sides shown={shown} open={open} unfold={unfold} /> : <Column shown={shown} open={open} unfold={unfold} />}
    </div>
  )
}

interface Folds {
  shown: readonly Shown[]
  open: ReadonlySet<number>
  unfold: (at: number) => void
}

function Sides({ shown, open, unfold }: Folds) {
  return (
    <div className="sides">
      {shown.map((each, at) =>
        'hidden' in each ? (
          open.has(at) ? (
            each.hidden.map((row, index) => <Row key={`${at}.${index}`} row={row} />)
          ) : (
            <Hunk key={at} count={each.hidden.length} onClick={() => unfold(at)} />
          )
        ) : (
          <Row key={at} row={each} />
        ),
      )}
    </div>
  )
}

const Row = memo(function Row({ row }: { row: PairedRow }) {
  return (
    <div className="pair" data-change={row.before?.kind === 'same' ? undefined : ''}>
      <Side line={row.before} />
      <Side line={row.after} />
    </div>
  )
})

const SIGNS = { add: '+', del: '-', same: '' } as const

function Side({ line }: { line: SideLine | null }) {
  if (line === null) return <div className="d void" aria-hidden />
  return (
    <div className={line.kind === 'same' ? 'd' : `d ${line.kind}`}>
      <span>{line.number}</span>
      <span>{SIGNS[line.kind]}</span>
      <Text line={line} />
    </div>
  )
}

function Text({ line }: { line: SideLine }) {
  return (
    <span>
      {crossed(line.spans, yamlParts(line.text)).map((each, index) =>
        each.marked ? (
          <mark key={index} className={CLASSES[each.kind]}>
            {each.text}
          </mark>
        ) : (
          <span key={index} className={CLASSES[each.kind]}>
            {each.text}
          </span>
        ),
      )}
    </span>
  )
}

function Column({ shown, open, unfold }: Folds) {
  const blocks: React.ReactNode[] = []
  let rows: PairedRow[] = []
  const flush = (key: string) => {
    if (rows.length > 0) blocks.push(<Lines key={key} rows={rows} />)
    rows = []
  }
  shown.forEach((each, at) => {
    if (!('hidden' in each)) rows.push(each)
    else if (open.has(at)) rows.push(...each.hidden)
    else {
      flush(`before-${at}`)
      blocks.push(<Hunk key={at} count={each.hidden.length} onClick={() => unfold(at)} />)
    }
  })
  flush('last')
  return <div className="column">{blocks}</div>
}

function Lines({ rows }: { rows: readonly PairedRow[] }) {
  return (
    <>
      {inline(rows).map(({ line, before, after }, index) => (
        <div key={index} className={line.kind === 'same' ? 'd' : `d ${line.kind}`} data-change={line.kind === 'same' ? undefined : ''}>
          <span>{before}</span>
          <span>{after}</span>
          <span>{SIGNS[line.kind]}</span>
          <Text line={line} />
        </div>
      ))}
    </>
  )
}

function Hunk({ count, onClick }: { count: number; onClick: () => void }) {
  return (
    <div className="hunk row">
      <span>{many(count, 'line')} the same</span>
      <button type="button" className="as-link" onClick={onClick}>
        Show
      </button>
    </div>
  )
}
