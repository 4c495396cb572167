import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useNow } from '../api/hooks'
import type { Run } from '../api/queries'
import { taskCountsQuery, type TaskCount } from '../api/statistics'
import { duration, span } from '../model/format'
import { hasEnded, lookOf, wordOfState } from '../model/looks'
import { stripWords } from '../model/strip'
import { Mark } from '../parts/marks'
import { Failure, Skeleton } from '../parts/pieces'
import { Moment } from '../parts/time'
import { NoRuns } from '../runs/RunsPage'
import { useRuns } from '../runs/useRuns'
import { Failing } from './Failing'
import { Statistics } from './Statistics'
import '../styles/home.css'

const RUNNING = { state: ['RUNNING', 'QUEUED', 'PAUSED', 'RETRYING', 'CREATED'], limit: 30 }
const LAST = { limit: 12 }

/** What is broken, how it went lately, what runs, and what ran last. */
export function HomePage() {
  const running = useRuns(RUNNING)
  const last = useRuns(LAST)
  useEffect(() => {
    document.title = 'Home · Dal Segno'
  }, [])
  // here nothing is read at length: what is new joins at once
  useEffect(() => {
    if (running.fresh > 0) running.show()
  }, [running.fresh, running.show])
  useEffect(() => {
    if (last.fresh > 0) last.show()
  }, [last.fresh, last.show])
  const ids = running.runs.map((run) => run.id)
  const tasks = useQuery({ ...taskCountsQuery(ids), refetchInterval: ids.length > 0 ? 3000 : false }).data
  if (last.found.error && last.runs.length === 0) return <Failure error={last.found.error} again={() => void last.found.refetch()} />
  if (last.found.isPending) return <Skeleton />
  if (last.runs.length === 0) return <NoRuns />
  const now = running.runs.filter((run) => !hasEnded(run.state))
  return (
    <div className="home">
      <h1 className="vh">Home</h1>
      <div className="column">
        <Failing />
        <Statistics />
      </div>
      <div className="column">
        <section className="block">
          <header>
            <h2>Running now</h2>
            <span className="count">{runningWords(now)}</span>
          </header>
          {running.runs.length === 0 ? (
            <p className="calm">Nothing runs.</p>
          ) : (
            <ul>
              {running.runs.map((run) => (
                <Line key={run.id} run={run} tasks={tasks?.[run.id] ?? []} />
              ))}
            </ul>
          )}
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

/** How many of what runs do what. */
function runningWords(runs: readonly Run[]): string {
  const counts = new Map<string, number>()
  for (const run of runs) {
    const word = { PAUSED: 'paused', QUEUED: 'queued', CREATED: 'queued' }[run.state] ?? 'running'
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return [...counts].map(([word, number]) => `${number} ${word}`).join(', ')
}

/** One run in one line; with how far its tasks have come, where that is given. */
function Line({ run, tasks }: { run: Run; tasks?: readonly TaskCount[] }) {
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
      {tasks ? (
        <Far tasks={tasks} />
      ) : (
        <span className="muted sm nowrap only-wide">
          <Moment at={run.created} />
        </span>
      )}
      <span className="soft num long">{long === null ? wordOfState(run.state).toLowerCase() : duration(long)}</span>
    </li>
  )
}

function Far({ tasks }: { tasks: readonly TaskCount[] }) {
  const all = tasks.reduce((sum, each) => sum + each.count, 0)
  if (all === 0) return <span className="meter far" aria-hidden />
  return (
    <span className="meter far" role="img" aria-label={stripWords(tasks)} title={stripWords(tasks)}>
      {tasks.map((each, at) => (
        <i key={at} data-state={lookOf(each.state, each.action)} style={{ '--w': `${(100 * each.count) / all}%` } as React.CSSProperties} />
      ))}
    </span>
  )
}
