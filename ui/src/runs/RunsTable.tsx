import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { Run } from '../api/queries'
import type { TaskCount } from '../api/statistics'
import { flatRows, type RunRow } from '../model/lineage'
import { useKeys } from '../parts/keys'
import { useSmall } from '../run/useSmall'
import { cellOf, headOf, leastWidth, widthOf } from './cells'
import { COLUMNS, useColumns, type Column } from './columns'
import { NameCell, StateCell } from './NameCell'
import { useOpenRun, useTableKeys } from './useTableKeys'
import type { Selection } from './useSelection'
import '../styles/runs.css'

interface Props {
  rows: readonly RunRow<Run>[]
  columns: readonly Column[]
  more?: () => void
  counts?: ReadonlyMap<string, readonly TaskCount[]>
  /** How rows are selected; nothing where they are not. */
  selection?: Selection
  /** Opens or closes the lineage of a root. */
  fold?: (root: string, open: boolean) => void
}

const NO_COUNTS: ReadonlyMap<string, readonly TaskCount[]> = new Map()

/** Runs as rows; a whole row opens its run. */
export function RunsTable({ runs, more }: { runs: readonly Run[]; more?: () => void }) {
  const [columns] = useColumns()
  return <RunsGrid rows={useMemo(() => flatRows(runs), [runs])} columns={columns.filter((each) => each !== 'tasks')} more={more} />
}

/** The same with lineages that open, and rows that are selected. */
export function RunsGrid({ rows, columns, more, counts = NO_COUNTS, selection, fold }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const small = useSmall()
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => (small ? 60 : 33), overscan: 12 })
  useEffect(() => virtual.measure(), [virtual, small])
  const items = virtual.getVirtualItems()
  const before = items[0]?.start ?? 0
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0)
  const end = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (end >= rows.length - 10) more?.()
  }, [end, rows.length, more])
  const names = useMemo(() => new Map(rows.map(({ run }) => [run.id, run.name])), [rows])
  const [cursor, setCursor] = useState(-1)
  const reveal = (at: number) => virtual.scrollToIndex(at, { align: 'auto' })
  useKeys(useTableKeys({ rows, cursor, setCursor, reveal, box, selection, fold }))
  return (
    <div className="scroll" ref={box}>
      <table className="table runlist" style={{ '--least': `${leastWidth(columns)}px` } as React.CSSProperties} aria-rowcount={rows.length + 1}>
        <colgroup>
          {selection && <col style={{ width: 44 }} />}
          <col style={{ width: 108 }} />
          <col />
          {columns.map((column) => (
            <col key={column} style={{ width: widthOf(column) }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {selection && <SelectAll rows={rows} selection={selection} />}
            <th scope="col">State</th>
            <th scope="col">Run</th>
            {columns.map((column) => (
              <th key={column} scope="col" className={headOf(column)}>
                {COLUMNS[column]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 && <tr aria-hidden className="room" style={{ height: before }} />}
          {items.map((item) => {
            const row = rows[item.index]
            return (
              row && (
                <Row
                  key={row.run.id}
                  {...{ row, columns, names, selection, fold }}
                  index={item.index}
                  counts={counts.get(row.run.id)}
                  focused={() => setCursor(item.index)}
                />
              )
            )
          })}
          {after > 0 && <tr aria-hidden className="room" style={{ height: after }} />}
        </tbody>
      </table>
    </div>
  )
}

function SelectAll({ rows, selection }: { rows: readonly RunRow<Run>[]; selection: Selection }) {
  const mine = rows.filter((row) => row.matches)
  const chosen = mine.filter((row) => selection.chosen.has(row.run.id)).length
  const every = chosen === mine.length && mine.length > 0
  return (
    <th scope="col" className="c-pick">
      <input
        type="checkbox"
        aria-label="Select all that are shown"
        checked={every}
        ref={(input) => {
          if (input) input.indeterminate = chosen > 0 && !every
        }}
        onChange={() => (every ? selection.clear() : selection.take(mine.map((row) => row.run), false))}
      />
    </th>
  )
}

interface RowProps extends Pick<Props, 'columns' | 'selection' | 'fold'> {
  row: RunRow<Run>
  index: number
  names: ReadonlyMap<string, string>
  counts: readonly TaskCount[] | undefined
  focused: () => void
}

function Row({ row, index, columns, names, counts, selection, fold, focused }: RowProps) {
  const { run } = row
  const open = useOpenRun()
  const chosen = selection?.chosen.has(run.id) ?? false
  return (
    <tr
      data-index={index}
      className={`${chosen ? 'sel' : ''}${row.matches ? '' : ' beside'}`}
      onFocus={focused}
      onClick={(event) => {
        if (!(event.target as HTMLElement).closest('a, button, input, label')) open(run)
      }}
    >
      {selection && (
        <td className="c-pick">
          <label>
            <input
              type="checkbox"
              aria-label={`Select ${run.name}`}
              checked={chosen}
              // a click tells whether Shift was held, a change does not
              onChange={() => undefined}
              onClick={(event) => selection.turn(index, event.shiftKey)}
            />
          </label>
        </td>
      )}
      <StateCell run={run} />
      <NameCell row={row} names={names} fold={fold} />
      {columns.map((column) => cellOf(column, run, counts))}
    </tr>
  )
}
