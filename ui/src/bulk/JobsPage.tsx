import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { jobsQuery } from '../api/bulk'
import { useMay } from '../api/role'
import { doneOf, JOB, requestWords, type BulkJob } from '../model/bulk'
import { count, many } from '../model/format'
import { Mark, Segno } from '../parts/marks'
import { Failure, Skeleton } from '../parts/pieces'
import { Moment } from '../parts/time'
import { Meter } from './Meter'
import '../styles/bulk.css'

/** All bulk replays, the newest first. */
export function JobsPage() {
  const found = useInfiniteQuery(jobsQuery)
  const jobs = found.data?.pages.flat() ?? []
  useEffect(() => {
    document.title = 'Bulk replays · Dal Segno'
  }, [])
  return (
    <>
      <div className="head">
        <div className="title jobs-title">
          <h1>Bulk replays</h1>
        </div>
      </div>
      {found.error && jobs.length === 0 ? (
        <Failure error={found.error} again={() => void found.refetch()} />
      ) : found.isPending ? (
        <Skeleton />
      ) : jobs.length === 0 ? (
        <None />
      ) : (
        <div className="scroll" tabIndex={0} role="group" aria-label="Bulk replays">
          <table className="table jobs">
            <thead>
              <tr>
                <th scope="col">State</th>
                <th scope="col">Bulk replay</th>
                <th scope="col">Request</th>
                <th scope="col">Runs</th>
                <th scope="col">Made</th>
                <th scope="col">By</th>
              </tr>
            </thead>
            <tbody>
              {jobs.map((job) => (
                <Row key={job.id} job={job} />
              ))}
            </tbody>
          </table>
          {found.hasNextPage && (
            <button type="button" className="btn earlier" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
              Earlier ones
            </button>
          )}
        </div>
      )}
    </>
  )
}

function Row({ job }: { job: BulkJob }) {
  const navigate = useNavigate()
  const { look, word } = JOB[job.state]
  return (
    <tr
      onClick={(event) => {
        if (!(event.target as HTMLElement).closest('a')) void navigate({ to: '/bulk-replays/$job', params: { job: job.name }, search: {} })
      }}
    >
      <td>
        <span className="state" data-state={look}>
          <Mark look={look} />
          {word}
        </span>
      </td>
      <td>
        <Link className="strong" to="/bulk-replays/$job" params={{ job: job.name }} search={{}}>
          {job.name}
        </Link>
      </td>
      <td className="soft cut only-wide">{requestWords(job.request, job.first_failed)}</td>
      <td>
        <span className="row">
          <Meter counts={job.counts} total={job.total} />
          <span className="sm soft nowrap">
            {count(doneOf(job.counts))} of {count(job.total)}
            {job.counts.failed > 0 && `, ${many(job.counts.failed, 'failed again', 'failed again')}`}
          </span>
        </span>
      </td>
      <td className="soft nowrap only-wide">
        <Moment at={job.created} />
      </td>
      <td className="muted cut only-wide">{job.author}</td>
    </tr>
  )
}

function None() {
  const may = useMay('operator')
  return (
    <div className="empty">
      <Segno size={44} />
      <h2>No bulk replay yet</h2>
      <p className="soft">A bulk replay plays many runs again by one request: a preview first, then a few canaries, then the rest at a pace of your choice.</p>
      {may && (
        <Link className="btn" to="/runs" search={{ state: ['FAILED', 'KILLED'], fixed: false }}>
          Choose among the failed runs
        </Link>
      )}
    </div>
  )
}
