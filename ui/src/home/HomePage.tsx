import { Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useNow } from '../api/hooks'
import type { Run } from '../api/queries'
import { duration, many, span } from '../model/format'
import { hasEnded, lookOf, wordOfState } from '../model/looks'
import { Mark, Segno } from '../parts/marks'
import { Failure, Prose, Skeleton } from '../parts/pieces'
import { Moment } from '../parts/time'
import { NoRuns } from '../runs/RunsPage'
import { useRuns } from '../runs/useRuns'

const FAILED = { state: ['FAILED', 'KILLED'], fixed: false, top: true, limit: 30 }
const RUNNING = { state: ['RUNNING', 'QUEUED', 'PAUSED', 'RETRYING'], limit: 30 }
const LAST = { limit: 15 }

/** What is broken, what runs, and what ran last. */
export function HomePage() {
  const failed = useRuns(FAILED)
  const running = useRuns(RUNNING)
  const last = useRuns(LAST)
  useEffect(() => {
    document.title = 'Home · Dal Segno'
  }, [])
  // here nothing is read at length: what is new joins at once
  const { fresh, show } = failed
  useEffect(() => {
    if (fresh > 0) show()
  }, [fresh, show])
  useEffect(() => {
    if (running.fresh > 0) running.show()
  }, [running.fresh, running.show])
  useEffect(() => {
    if (last.fresh > 0) last.show()
  }, [last.fresh, last.show])
  if (last.found.error && last.runs.length === 0) return <Failure error={last.found.error} again={() => void last.found.refetch()} />
  if (last.found.isPending) return <Skeleton />
  if (last.runs.length === 0) return <NoRuns />
  return (
    <div className="home">
      <h1 className="vh">Home</h1>
      <section className="block">
        <header>
          <h2>Failed and not fixed</h2>
          <span className="count">{failed.runs.length > 0 && many(failed.runs.length, 'run')}</span>
          <span className="grow" />
          <Link className="link sm" to="/runs" search={{ state: ['FAILED', 'KILLED'] }}>
            All failed runs
          </Link>
        </header>
        {failed.runs.length === 0 ? <p className="calm">Nothing is broken.</p> : <ul>{failed.runs.map((run) => <Broken key={run.id} run={run} />)}</ul>}
      </section>
      <div className="column">
        <section className="block">
          <header>
            <h2>Running now</h2>
            <span className="count">{running.runs.filter((run) => !hasEnded(run.state)).length || ''}</span>
          </header>
          {running.runs.length === 0 ? <p className="calm">Nothing runs.</p> : <ul>{running.runs.map((run) => <Line key={run.id} run={run} />)}</ul>}
        </section>
        <section className="block">
          <header>
            <h2>Last runs</h2>
            <span className="grow" />
            <Link className="link sm" to="/runs" search={{}}>
              All runs
            </Link>
          </header>
          <ul>
            {last.runs.map((run) => (
              <Line key={run.id} run={run} />
            ))}
          </ul>
        </section>
      </div>
    </div>
  )
}

function Broken({ run }: { run: Run }) {
  const look = lookOf(run.state)
  const address = run.error?.address ? String(run.error.address) : null
  const search = address ? { task: address } : {}
  return (
    <li className={run.fixed_by ? 'broken fixed' : 'broken'}>
      <Mark look={run.fixed_by ? 'success' : look} word={run.fixed_by ? 'Fixed' : wordOfState(run.state)} />
      <div className="grow">
        <div className="row">
          <Link className="strong cut" to="/runs/$run" params={{ run: run.id }} search={search}>
            {run.name}
          </Link>
          {address && <code className="cut soft">{address}</code>}
        </div>
        <p className="sm soft cut">
          {run.fixed_by ? 'Fixed; leaves this list when you do' : run.error?.message ? <Prose text={String(run.error.message)} /> : wordOfState(run.state)}
        </p>
      </div>
      <span className="soft sm nowrap only-wide">
        <Moment at={run.ended ?? run.created} />
      </span>
      <Link className="btn sm" to="/runs/$run" params={{ run: run.id }} search={{ ...search, replay: address ? [address] : ['*'] }}>
        <Segno size={14} />
        Replay
      </Link>
    </li>
  )
}

function Line({ run }: { run: Run }) {
  const moving = run.started !== null && !hasEnded(run.state)
  const now = useNow(moving) / 1000
  const long = run.started === null ? null : span(Date.parse(run.started) / 1000, run.ended === null ? null : Date.parse(run.ended) / 1000, now)
  return (
    <li className="ran">
      <Mark look={lookOf(run.state)} word={wordOfState(run.state)} />
      <Link className="cut grow" to="/runs/$run" params={{ run: run.id }} search={{}}>
        {run.name}
      </Link>
      {run.fixed_by && (
        <span className="tag" data-state="success">
          fixed
        </span>
      )}
      <span className="muted sm nowrap only-wide">
        <Moment at={run.created} />
      </span>
      <span className="soft num long">{long === null ? wordOfState(run.state).toLowerCase() : duration(long)}</span>
    </li>
  )
}
