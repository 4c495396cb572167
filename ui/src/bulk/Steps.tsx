import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { rowsQuery } from '../api/bulk'
import { canaryWords, doneOf, RESULTS, type BulkJob, type BulkRow } from '../model/bulk'
import { count, many } from '../model/format'
import type { Look } from '../model/looks'
import { Mark } from '../parts/marks'

interface Step {
  look: Look
  word: string
  told: string
}

/** The way of a bulk replay: chosen, first the canaries, approved, all the rest. */
export function Steps({ job }: { job: BulkJob }) {
  const { canary } = job.pace
  // runs that are left out or refused are no canaries: some more are asked for
  const first = useQuery({ ...rowsQuery(job.id, [], Math.max(1, canary + job.counts.skipped + job.counts.refused), JSON.stringify(job.counts)), enabled: canary > 0 })
  const canaries = (first.data ?? []).filter((row) => row.state !== 'SKIPPED' && row.state !== 'REFUSED').slice(0, canary)
  return (
    <div className="column">
      <section className="block">
        <header>
          <h2>Steps</h2>
        </header>
        <ol className="steps">
          {stepsOf(job, canaries).map((step) => (
            <li key={step.word} className="step" data-state={step.look}>
              <Mark look={step.look} />
              <span>
                <b className="strong">{step.word}</b>
                <br />
                <span className="sm soft">{step.told}</span>
              </span>
            </li>
          ))}
        </ol>
      </section>
      {canaries.length > 0 && (
        <section className="block">
          <header>
            <h2>{canaries.length === 1 ? 'Canary' : 'Canaries'}</h2>
          </header>
          <ul className="canaries">
            {canaries.map((row) => (
              <Canary key={row.position} row={row} />
            ))}
          </ul>
        </section>
      )}
    </div>
  )
}

function Canary({ row }: { row: BulkRow }) {
  const result = RESULTS.find((each) => each.state === row.state)
  return (
    <li className="row">
      <Mark look={result?.look ?? 'queued'} word={result?.word} />
      <Link className="cut" to="/runs/$run" params={{ run: row.replay?.id ?? row.origin.id }} search={{}}>
        {row.replay?.name ?? row.origin.name}
      </Link>
    </li>
  )
}

function stepsOf(job: BulkJob, canaries: readonly BulkRow[]): Step[] {
  const { counts, pace, state } = job
  const left = counts.refused + counts.skipped
  const chosen: Step = { look: 'success', word: 'Chosen', told: many(job.total, 'run') + (left > 0 ? `, ${count(left)} of them left out or refused` : '') }
  const over = state === 'DONE' || state === 'ABORTED'
  const rest: Step = {
    look: state === 'DONE' ? 'success' : state === 'ABORTED' ? 'killed' : state === 'STOPPED' ? 'failed' : state === 'PAUSED' ? 'paused' : job.approved || pace.canary === 0 ? 'running' : 'queued',
    word: pace.canary > 0 ? 'All the rest' : 'All',
    told: state === 'ABORTED' ? `${many(counts.waiting, 'run')} not begun` : `${count(doneOf(counts))} of ${count(job.total)} done`,
  }
  if (pace.canary === 0) return [chosen, rest]
  const ended = canaries.length > 0 && canaries.every((row) => row.state === 'SUCCEEDED' || row.state === 'FAILED')
  const failed = canaries.some((row) => row.state === 'FAILED')
  const canary: Step = {
    look: ended ? (failed ? 'failed' : 'success') : over ? 'killed' : 'running',
    word: pace.canary === 1 ? 'Canary' : 'Canaries',
    told: canaries.length > 0 ? canaryWords(canaries) : many(pace.canary, 'run'),
  }
  const approval: Step = {
    look: job.approved ? 'success' : state === 'WAITING' ? 'paused' : over ? 'skipped' : 'queued',
    word: job.approved ? 'Approved' : 'Approval',
    told: job.approved ? (pace.approve ? 'the others follow' : 'by itself: all went well') : state === 'WAITING' ? 'the others wait for you' : pace.approve ? 'when the canaries have ended' : 'by itself, if all of them go well',
  }
  return [chosen, canary, approval, rest]
}
