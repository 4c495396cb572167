import { Link } from '@tanstack/react-router'
import type { Run } from '../api/queries'
import { many } from '../model/format'
import type { RunRow } from '../model/lineage'
import { Icon, Mark } from '../parts/marks'
import { StateWord } from '../parts/pieces'

export function StateCell({ run }: { run: Run }) {
  return (
    <td className="c-state">
      <StateWord state={run.state} />
    </td>
  )
}

interface Props {
  row: RunRow<Run>
  names: ReadonlyMap<string, string>
  fold?: (root: string, open: boolean) => void
}

/** The name of a run, where it hangs in its lineage, and what became of it there. */
export function NameCell({ row, names, fold }: Props) {
  const { run, depth } = row
  return (
    <td className="c-run">
      <span className="row" style={{ '--depth': depth } as React.CSSProperties}>
        {fold && <Twist row={row} fold={fold} />}
        <Link className="strong cut" to="/runs/$run" params={{ run: run.id }} search={{}}>
          {run.name}
        </Link>
        {run.fixed_by && (
          <span className="tag" data-state="success">
            <Mark look="success" size={12} />
            fixed{names.has(run.fixed_by) && ` by ${short(names.get(run.fixed_by) ?? '', run.flow)}`}
          </span>
        )}
        {row.replays > 0 && !row.open && <span className="tag only-wide">{many(row.replays, 'replay')}</span>}
        {run.deleted && <span className="tag">deleted</span>}
        {run.origin && (depth === 0 || !names.has(run.origin)) && (
          <Link className="tag only-wide" to="/compare" search={{ before: run.origin, after: run.id }} title="Compare it with its origin">
            replay{names.has(run.origin) && ` of ${short(names.get(run.origin) ?? '', run.flow)}`}
          </Link>
        )}
      </span>
    </td>
  )
}

/** Opens and closes a lineage; its replays hang under it. */
function Twist({ row, fold }: { row: RunRow<Run>; fold: NonNullable<Props['fold']> }) {
  if (row.depth > 0) {
    return (
      <span className="under" aria-hidden>
        ↳
      </span>
    )
  }
  if (row.replays === 0) return <span className="no-twist" aria-hidden />
  const words = row.open ? 'Fold' : 'Unfold'
  return (
    <button
      type="button"
      className="icon-btn xs twist"
      aria-expanded={row.open}
      aria-label={`${words} the replays of ${row.run.name}`}
      title={`${words} its ${many(row.replays, 'replay')} (${row.open ? '←' : '→'})`}
      onClick={() => fold(row.run.id, !row.open)}
    >
      <Icon name={row.open ? 'chevron-down' : 'chevron-right'} size={14} />
    </button>
  )
}

/** A run's name inside its own flow: the number alone. */
const short = (name: string, flow: string): string => (name.startsWith(`${flow}-`) ? name.slice(flow.length) : name)
