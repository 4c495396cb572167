import { Link, useNavigate } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useNow } from '../api/hooks'
import type { Run } from '../api/queries'
import { duration, span } from '../model/format'
import { hasEnded } from '../model/looks'
import { useKeys } from '../parts/keys'
import { Mark } from '../parts/marks'
import { StateWord } from '../parts/pieces'
import { Moment } from '../parts/time'
import { useSmall } from '../run/useSmall'

/** Runs as rows; a whole row opens its run. */
export function RunsTable({ runs, more }: { runs: readonly Run[]; more?: () => void }) {
  const box = useRef<HTMLDivElement>(null)
  const small = useSmall()
  const virtual = useVirtualizer({ count: runs.length, getScrollElement: () => box.current, estimateSize: () => (small ? 60 : 33), overscan: 12 })
  useEffect(() => virtual.measure(), [virtual, small])
  const items = virtual.getVirtualItems()
  const before = items[0]?.start ?? 0
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0)
  const end = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (end >= runs.length - 10) more?.()
  }, [end, runs.length, more])
  const names = useMemo(() => new Map(runs.map((run) => [run.id, run.name])), [runs])
  const [cursor, setCursor] = useState(-1)
  const go = (by: number) => () => {
    const next = Math.min(runs.length - 1, Math.max(0, cursor + by))
    setCursor(next)
    virtual.scrollToIndex(next, { align: 'auto' })
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`tr[data-index="${next}"] a`)?.focus({ preventScroll: true }))
  }
  useKeys({ j: go(1), k: go(-1), ArrowDown: go(1), ArrowUp: go(-1) })
  return (
    <div className="scroll" ref={box}>
      <table className="table runs" aria-rowcount={runs.length + 1}>
        <colgroup>
          <col style={{ width: 118 }} />
          <col />
          <col style={{ width: '20%' }} />
          <col style={{ width: 60 }} />
          <col style={{ width: 76 }} />
          <col style={{ width: 160 }} />
          <col style={{ width: 110 }} />
          <col style={{ width: 140 }} />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Run</th>
            <th scope="col">Flow</th>
            <th scope="col" className="num">
              Rev.
            </th>
            <th scope="col" className="num">
              Attempt
            </th>
            <th scope="col">Made</th>
            <th scope="col" className="num">
              Duration
            </th>
            <th scope="col">Started by</th>
          </tr>
        </thead>
        <tbody>
          {before > 0 && <tr aria-hidden className="room" style={{ height: before }} />}
          {items.map((item) => {
            const run = runs[item.index]
            return run && <Row key={run.id} run={run} index={item.index} names={names} />
          })}
          {after > 0 && <tr aria-hidden className="room" style={{ height: after }} />}
        </tbody>
      </table>
    </div>
  )
}

function Row({ run, index, names }: { run: Run; index: number; names: ReadonlyMap<string, string> }) {
  const navigate = useNavigate()
  const moving = run.started !== null && !hasEnded(run.state)
  const now = useNow(moving) / 1000
  const long = span(at(run.started), at(run.ended), now)
  return (
    <tr
      data-index={index}
      onClick={(event) => {
        if (!(event.target as HTMLElement).closest('a')) void navigate({ to: '/runs/$run', params: { run: run.id }, search: {} })
      }}
    >
      <td>
        <StateWord state={run.state} />
      </td>
      <td>
        <span className="row">
          <Link className="strong cut" to="/runs/$run" params={{ run: run.id }} search={{}}>
            {run.name}
          </Link>
          {run.fixed_by && (
            <span className="tag" data-state="success">
              <Mark look="success" size={12} />
              fixed{names.has(run.fixed_by) && ` by ${short(names.get(run.fixed_by) ?? '', run.flow)}`}
            </span>
          )}
          {run.origin && (
            <Link className="tag only-wide" to="/compare" search={{ before: run.origin, after: run.id }} title="Compare it with its origin">
              replay{names.has(run.origin) && ` of ${short(names.get(run.origin) ?? '', run.flow)}`}
            </Link>
          )}
        </span>
      </td>
      <td className="soft cut only-wide">
        {run.namespace}.{run.flow}
      </td>
      <td className="num soft only-wide">{run.revision}</td>
      <td className="num soft only-wide">{run.attempt}</td>
      <td className="soft nowrap only-wide">
        <Moment at={run.created} />
      </td>
      <td className="num soft">{long !== null && duration(long)}</td>
      <td className="muted cut only-wide">{run.author}</td>
    </tr>
  )
}

const at = (moment: string | null): number | null => (moment === null ? null : Date.parse(moment) / 1000)

/** A run's name inside its own flow: the number alone. */
const short = (name: string, flow: string): string => (name.startsWith(`${flow}-`) ? name.slice(flow.length) : name)
