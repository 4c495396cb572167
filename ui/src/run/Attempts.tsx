import { useQuery } from '@tanstack/react-query'
import { useNow } from '../api/hooks'
import { attemptsQuery, type Attempt, type TaskRun } from '../api/queries'
import { clockOf, duration, exact, span } from '../model/format'
import { historyOf } from '../model/history'
import { hasEnded, lookOf, wordOfState, type Look } from '../model/looks'
import { Mark } from '../parts/marks'
import { Moment } from '../parts/time'
import type { Loaded } from './useRun'

const seconds = (at: string | null): number | null => (at === null ? null : Date.parse(at) / 1000)

/** The attempts of a task run, and which of them is looked at: the last one where none was chosen. */
export function useAttempts(run: string, address: string, chosen: string | undefined) {
  const attempts = useQuery(attemptsQuery(run, address)).data ?? []
  const shown: Attempt | undefined = attempts.find((each) => String(each.number) === chosen) ?? attempts.at(-1)
  return { attempts, shown }
}

interface Props {
  attempts: readonly Attempt[]
  shown: Attempt | undefined
  task: TaskRun
  loaded: Loaded
  onChoose: (number: number) => void
}

/** Switches between attempts: each has its own error, times and lines. */
export function AttemptSwitch({ attempts, shown, task, loaded, onChoose }: Props) {
  const moving = loaded.live && !hasEnded(task.state)
  const now = useNow(moving) / 1000
  return (
    <div className="attempts" role="group" aria-label="Attempts">
      {attempts.map((each) => (
        <button key={each.number} type="button" className="pick" aria-pressed={each.number === shown?.number} onClick={() => onChoose(each.number)}>
          <Mark look={lookOf(each.state)} />
          <span>
            Attempt {each.number} <span className="muted">{wordOfState(each.state).toLowerCase()}</span>
          </span>
          <span className="grow" />
          <span className="muted sm nowrap">
            <Moment at={each.started} />
          </span>
          <span className="soft sm nowrap">{duration(span(seconds(each.started), seconds(each.ended), now) ?? 0)}</span>
        </button>
      ))}
    </div>
  )
}

/** What is over does not move any more. */
const pastLook = (state: string): Look => (state === 'RUNNING' ? 'run' : state === 'RETRYING' ? 'queued' : lookOf(state))

/** The states that a task run went through, with their times. */
export function History({ task, attempts }: { task: TaskRun; attempts: readonly Attempt[] }) {
  const passed = historyOf(task, attempts)
  return (
    <ol className="passed">
      {passed.map((each, at) => {
        const moment = new Date(each.at * 1000)
        const before = passed[at - 1]
        return (
          <li key={at}>
            <Mark look={at < passed.length - 1 ? pastLook(each.state) : lookOf(each.state)} size={12} />
            <span>{wordOfState(each.state)}</span>
            {each.attempt !== null && <span className="muted">attempt {each.attempt}</span>}
            <span className="grow" />
            {before && each.at - before.at >= 0.001 && <span className="muted">after {duration(each.at - before.at)}</span>}
            <time dateTime={moment.toISOString()} title={exact(moment)} className="mono">
              {clockOf(moment)}
            </time>
          </li>
        )
      })}
    </ol>
  )
}
