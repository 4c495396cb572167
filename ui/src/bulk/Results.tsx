import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { rowsQuery } from '../api/bulk'
import { RESULTS, type BulkJob, type BulkRow, type RowState } from '../model/bulk'
import { count, many } from '../model/format'
import { wordOfState } from '../model/looks'
import { Mark } from '../parts/marks'
import { Prose, Segments, Skeleton } from '../parts/pieces'
import { Moment } from '../parts/time'

/** So many of each are shown at first, then so many more at once. */
const FEW = 6
const MORE = [FEW, 200, 1000, 10_000]

/** What has become of each run, by result. */
export function Results({ job }: { job: BulkJob }) {
  const { result } = useSearch({ from: '/bulk-replays/$job' })
  const navigate = useNavigate({ from: '/bulk-replays/$job' })
  const there = RESULTS.filter((each) => job.counts[each.key] > 0 || each.state === result)
  const shown = result ? there.filter((each) => each.state === result) : there
  return (
    <>
      <div className="toolbar result-bar">
        <Segments
          label="Results"
          value={result ?? ''}
          onChange={(state) => void navigate({ search: state === '' ? {} : { result: state }, replace: true })}
          choices={[{ value: '', label: 'All results' }, ...there.map((each) => ({ value: each.state as string, label: `${each.word} ${count(job.counts[each.key])}` }))]}
        />
      </div>
      <div className="scroll" tabIndex={0} role="group" aria-label="Runs by result">
        <table className="table result-table">
          <thead>
            <tr>
              <th scope="col">Result</th>
              <th scope="col">Origin</th>
              <th scope="col">Replay</th>
              <th scope="col">What happened</th>
              <th scope="col">When</th>
            </tr>
          </thead>
          {shown.map((each) => (
            <Group key={each.state} job={job} result={each} alone={result === each.state} />
          ))}
        </table>
      </div>
    </>
  )
}

function Group({ job, result, alone }: { job: BulkJob; result: (typeof RESULTS)[number]; alone: boolean }) {
  const [step, setStep] = useState(0)
  const limit = MORE[Math.min(MORE.length - 1, step + (alone ? 1 : 0))] ?? FEW
  const found = useQuery(rowsQuery(job.id, [result.state], limit, JSON.stringify(job.counts)))
  const all = job.counts[result.key]
  const rows = found.data ?? []
  const navigate = useNavigate({ from: '/bulk-replays/$job' })
  return (
    <tbody>
      <tr className="grp">
        <th colSpan={5} scope="rowgroup">
          <span className="row">
            <b className="strong">{result.word}</b>
            <span className="muted">{many(all, 'run')}</span>
          </span>
        </th>
      </tr>
      {found.isPending && all > 0 && (
        <tr>
          <td colSpan={5}>
            <Skeleton rows={2} />
          </td>
        </tr>
      )}
      {found.data && rows.length === 0 && (
        <tr>
          <td colSpan={5} className="muted">
            None
          </td>
        </tr>
      )}
      {rows.map((row) => (
        <Row key={row.position} row={row} result={result} />
      ))}
      {all > rows.length && rows.length > 0 && (
        <tr>
          <td />
          <td colSpan={4}>
            <button type="button" className="as-link" onClick={() => (alone ? setStep(step + 1) : void navigate({ search: { result: result.state }, replace: true }))}>
              {`${count(all - rows.length)} more`}
            </button>
          </td>
        </tr>
      )}
    </tbody>
  )
}

function Row({ row, result }: { row: BulkRow; result: (typeof RESULTS)[number] }) {
  return (
    <tr>
      <td className="r-state">
        <span className="state" data-state={result.look}>
          <Mark look={result.look} />
          {result.word}
        </span>
      </td>
      <td className="r-origin">
        <Link className="strong" to="/runs/$run" params={{ run: row.origin.id }} search={{}}>
          {row.origin.name}
        </Link>
      </td>
      <td className="r-replay">
        {row.replay ? (
          <Link className="link" to="/runs/$run" params={{ run: row.replay.id }} search={{}}>
            {row.replay.name}
          </Link>
        ) : (
          <span className="muted">not begun</span>
        )}
      </td>
      <td className="soft wrap r-why">{row.why ? <Prose text={row.why} /> : happened(row.state, row.replay?.state ?? null)}</td>
      <td className="soft nowrap only-wide">
        <Moment at={row.at} />
      </td>
    </tr>
  )
}

function happened(state: RowState, replay: string | null): string {
  if (state === 'SUCCEEDED') return replay === 'WARNING' ? 'ended with a warning' : 'ended well'
  if (state === 'FAILED' && replay !== null) return wordOfState(replay).toLowerCase()
  return ''
}
