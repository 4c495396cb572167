import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef } from 'react'
import { isNumeric } from '../model/artifacts'
import { count } from '../model/format'
import type { Table } from './queries'

const ROW = 30

/** The first rows of a table, with the types of its columns. */
export function TableView({ table }: { table: Table }) {
  const box = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({ count: table.rows.length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 20 })
  const items = virtual.getVirtualItems()
  const before = items[0]?.start ?? 0
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0)
  const numeric = table.columns.map((column, at) => isNumeric(column.type) || (column.type === null && table.rows.slice(0, 20).every((row) => /^-?[\d.,]*$/.test(row[at] ?? ''))))
  return (
    <div className="scroll rows-box" ref={box} tabIndex={0} role="group" aria-label="Rows">
      <table className="table rows" aria-rowcount={table.rows.length + 1}>
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">Row</span>
            </th>
            {table.columns.map((column, at) => (
              <th key={at} scope="col" className={numeric[at] ? 'num' : undefined}>
                <b className="mono">{column.name}</b>
                <span className="xs">
                  {column.type ?? (numeric[at] ? 'number' : 'text')}
                  {column.nulls ? `, ${share(column.nulls, table.total)} missing` : ''}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 && <tr aria-hidden className="room" style={{ height: before }} />}
          {items.map((item) => (
            <tr key={item.index} aria-rowindex={item.index + 2}>
              <th scope="row" className="num muted">
                {count(item.index + 1)}
              </th>
              {table.columns.map((_, at) => {
                const cell = table.rows[item.index]?.[at] ?? null
                return (
                  <td key={at} className={numeric[at] ? 'num mono' : undefined} title={cell !== null && cell.length > 40 ? cell : undefined}>
                    {cell ?? <i className="muted">null</i>}
                  </td>
                )
              })}
            </tr>
          ))}
          {after > 0 && <tr aria-hidden className="room" style={{ height: after }} />}
        </tbody>
      </table>
    </div>
  )
}

/** How much of all rows a number of them is. */
export function share(some: number, all: number | null | undefined): string {
  if (!all) return count(some)
  const part = (100 * some) / all
  return part > 0 && part < 0.1 ? 'under 0.1 %' : `${part.toFixed(part < 10 ? 1 : 0)} %`
}

/** The columns of a table, one below the other. */
export function ColumnsView({ table }: { table: Table }) {
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label="Columns">
      <table className="table columns-table">
        <thead>
          <tr>
            <th scope="col">Column</th>
            <th scope="col">Type</th>
            <th scope="col" className="num">
              Missing
            </th>
            <th scope="col">First values</th>
          </tr>
        </thead>
        <tbody>
          {table.columns.map((column, at) => (
            <tr key={at}>
              <td className="mono">{column.name}</td>
              <td className="soft">{column.type ?? 'text'}</td>
              <td className="num soft">{column.nulls === null || column.nulls === undefined ? '' : share(column.nulls, table.total)}</td>
              <td className="soft cut">
                {table.rows
                  .slice(0, 4)
                  .map((row) => row[at] ?? 'null')
                  .join(', ')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
