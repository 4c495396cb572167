import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef, useState } from 'react'
import { outcomeOf, rowsOf, type ComparedTask, type Outcome, type Shown, type TaskSide } from '../model/compare'
import { duration } from '../model/format'
import { lookOf, wordOf } from '../model/looks'
import { useKeys } from '../parts/keys'
import { Icon, Mark } from '../parts/marks'
import { useSmall } from '../run/useSmall'
import type { Compared } from './queries'

const WORDS: Record<Outcome, string> = { same: 'same', different: 'different', before: 'only in A', after: 'only in B' }

interface Props {
  compared: Compared
  shown: Shown
  selected: string | null
  onSelect: (address: string) => void
}

/** Every task of either run, with its state, time and outputs in both. */
export function TasksTable({ compared, shown, selected, onSelect }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const small = useSmall()
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const rows = useMemo(() => rowsOf(compared.tasks, shown, open), [compared.tasks, shown, open])
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => (small ? 49 : 33), overscan: 20 })
  const items = virtual.getVirtualItems()
  const before = items[0]?.start ?? 0
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0)
  const tasks = rows.flatMap((row) => (row.kind === 'task' ? [row.task.address] : []))
  const go = (by: number) => () => {
    const at = tasks.indexOf(selected ?? '')
    const next = tasks[Math.min(tasks.length - 1, Math.max(0, at + by))]
    if (next === undefined) return
    onSelect(next)
    virtual.scrollToIndex(rows.findIndex((row) => row.kind === 'task' && row.task.address === next), { align: 'auto' })
  }
  useKeys({ j: go(1), k: go(-1), ArrowDown: go(1), ArrowUp: go(-1) })
  return (
    <div className="scroll" ref={box} tabIndex={0} role="group" aria-label="Tasks of both runs">
      <table className="table compare-table" aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            <th scope="col">Task</th>
            <th scope="col">
              <abbr title="the states in A and B">A B</abbr>
            </th>
            <th scope="col" className="num">
              Time A
            </th>
            <th scope="col" className="num">
              Time B
            </th>
            <th scope="col" className="only-wide">
              Output digest
            </th>
            <th scope="col">Result</th>
          </tr>
        </thead>
        <tbody>
          {before > 0 && <tr aria-hidden className="room" style={{ height: before }} />}
          {items.map((item) => {
            const row = rows[item.index]
            if (row === undefined) return null
            if (row.kind === 'more') {
              return (
                <tr key={`more ${row.key}`}>
                  <td colSpan={6} style={{ paddingLeft: 20 + row.depth * 16 }}>
                    <button type="button" className="as-link" onClick={() => setOpen((old) => new Set(old).add(row.key))}>
                      {row.count} more
                    </button>{' '}
                    <span className="muted">all the same</span>
                  </td>
                </tr>
              )
            }
            return <TaskRow key={row.task.address} task={row.task} label={row.label} depth={row.depth} first={row.task.address === compared.first_divergence} selected={row.task.address === selected} onSelect={onSelect} />
          })}
          {after > 0 && <tr aria-hidden className="room" style={{ height: after }} />}
        </tbody>
      </table>
      {rows.length === 0 && <p className="calm">There is none.</p>}
    </div>
  )
}

interface RowProps {
  task: ComparedTask
  label: string
  depth: number
  first: boolean
  selected: boolean
  onSelect: (address: string) => void
}

function TaskRow({ task, label, depth, first, selected, onSelect }: RowProps) {
  const outcome = outcomeOf(task)
  return (
    <tr className={selected ? 'sel' : undefined} onClick={() => onSelect(task.address)} data-address={task.address} data-outcome={outcome}>
      <td style={{ paddingLeft: 20 + depth * 16 }}>
        <span className="row">
          <button type="button" className="plain mono cut" title={task.address} aria-pressed={selected} onClick={() => onSelect(task.address)}>
            {label}
          </button>
          {first && (
            <span className="tag" data-state="warning" title="The runs begin to differ here">
              <Mark look="warning" word="The runs begin to differ here" size={12} />
              <span className="first-word">first to differ</span>
            </span>
          )}
        </span>
      </td>
      <td className="ab-marks">
        <Ended side={task.before} />
        <Ended side={task.after} />
      </td>
      <td className="num soft">{took(task.before)}</td>
      <td className="num soft">{took(task.after)}</td>
      <td className="only-wide mono sm muted">{task.is_group ? '' : `${digestOf(task.before)}  ${digestOf(task.after)}`}</td>
      <td>
        <span className={`row outcome ${outcome}`}>
          {(outcome === 'same' || outcome === 'different') && <Icon name={outcome === 'same' ? 'equal' : 'equal-not'} size={14} />}
          <span>{WORDS[outcome]}</span>
        </span>
      </td>
    </tr>
  )
}

function Ended({ side }: { side: TaskSide | null }) {
  if (side === null) return <span className="no-mark" />
  const look = lookOf(side.state, side.action)
  return <Mark look={look} word={wordOf(look)} />
}

const took = (side: TaskSide | null): string => (side?.seconds === null || side === null ? '' : duration(side.seconds))
const digestOf = (side: TaskSide | null): string => side?.output_digest?.slice(0, 6) ?? 'none  '
