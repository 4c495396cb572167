import '../styles/given.css'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useNow, usePresence } from '../api/hooks'
import type { Run } from '../api/queries'
import { useMay } from '../api/role'
import { duration, many } from '../model/format'
import { taskOf } from '../model/address'
import type { Given } from '../model/given'
import { wordOfState } from '../model/looks'
import { stopsNow, type Waiting } from '../model/waits'
import { IconButton } from '../parts/button'
import { useKeys } from '../parts/keys'
import { Icon, Mark } from '../parts/marks'
import { Notice, Prose } from '../parts/pieces'
import { Moment } from '../parts/time'
import type { Loaded } from '../run/useRun'
import { Answers, type Answered } from './Answers'
import { HeldInputs } from './HeldInputs'
import { Next } from './Next'
import { Stops } from './Stops'
import { useResume } from './useResume'

interface Props {
  run: string
  wait: Waiting
  head: Run
  loaded: Loaded
  onSelect: (address: string | null) => void
}

/** What a run waits for at a task: what is asked, or what the task would get, which can be changed before it goes on. */
export function WaitPanel({ run, wait, head, loaded, onSelect }: Props) {
  const away = usePresence() === 'away'
  const may = useMay('operator')
  const [changed, setChanged] = useState<Record<string, Given>>({})
  const [answers, setAnswers] = useState<Answered>({})
  const begun = new Set(loaded.gantt?.bars.map((bar) => bar.address))
  const ahead = stopsNow(loaded.request).filter((each) => !begun.has(each))
  const [stops, setStops] = useState<string[] | null>(null)
  const { send, sending, refused } = useResume(run, head, wait)
  useKeys({ Escape: () => onSelect(null) })
  const number = Object.keys(changed).length
  const missing = wait.asks.filter((each) => each.required && answers[each.id] === undefined)
  const node = loaded.flow?.nodes.find((each) => each.id === taskOf(wait.address))
  const go = () => send({ changed, answers, stops: stops === null || same(stops, ahead) ? null : stops })
  return (
    <aside className="panel" aria-label={`Task ${wait.address}`}>
      <div className="panel-head">
        <div className="row">
          <Mark look="paused" word="Paused" />
          <h2 className="mono grow cut panel-title" title={wait.address}>
            {wait.address}
          </h2>
          <IconButton small icon="x" label="Close" hint="Esc" onClick={() => onSelect(null)} />
        </div>
        <div className="row sm soft under wrap">
          <span className="mono cut">{node?.type}</span>
          <span className="muted">·</span>
          <Since at={wait.since} live={loaded.live} />
          {node?.effects === 'external' && (
            <span className="tag" data-state="warning">
              effects outside
            </span>
          )}
        </div>
        <div className="row">
          <button type="button" className="btn primary" disabled={away || !may || sending || missing.length > 0} title={may ? undefined : 'An operator may do this'} onClick={() => void go()}>
            <Icon name="player-play" />
            {missing.length > 0 ? `Answer ${many(missing.length, 'question')} first` : number > 0 ? `Continue with ${many(number, 'change')}` : 'Continue'}
          </button>
        </div>
      </div>
      <div className="panel-body" tabIndex={0} role="group" aria-label="What the run waits for">
        {refused.length > 0 && (
          <section className="sect">
            {refused.map((each) => (
              <Notice key={each.message} look="failed" role="alert">
                <Prose text={each.message} />
              </Notice>
            ))}
          </section>
        )}
        {wait.kind === 'breakpoint' && (
          <HeldInputs wait={wait} task={loaded.flow?.tasks.get(taskOf(wait.address))} changed={changed} onChange={setChanged} />
        )}
        {wait.kind === 'subflow' && wait.run && (
          <section className="sect">
            <p>
              The run that it called waits:{' '}
              <Link className="link" to="/runs/$run" params={{ run: wait.run }} search={{}}>
                look at it there
              </Link>
              .
            </p>
          </section>
        )}
        {wait.asks.length > 0 && <Answers asks={wait.asks} answers={answers} onChange={setAnswers} />}
        {wait.kind === 'pause' && wait.asks.length === 0 && (
          <section className="sect">
            <p>It asks nothing: the run goes on when you say so.</p>
          </section>
        )}
        {wait.until && (
          <section className="sect">
            <p>
              By itself it ends at <Moment at={wait.until} />
              {wait.then && <>, as {wordOfState(wait.then).toLowerCase()}</>}.
            </p>
          </section>
        )}
        {number > 0 && (
          <section className="sect">
            <Notice look="paused">
              <b className="strong">A changed input is stored as an override.</b> The run and all that comes from it will be marked as made with it.
            </Notice>
          </section>
        )}
        <Next run={run} wait={wait} loaded={loaded} />
        <Stops loaded={loaded} value={stops ?? ahead} onChange={setStops} run={run} />
        <section className="sect last">
          <header>
            <h3>Keep in mind</h3>
          </header>
          <p className="sm soft">The run may wait as long as it needs: it holds no worker. It goes on after a restart of the server, too.</p>
        </section>
      </div>
    </aside>
  )
}

const same = (one: readonly string[], other: readonly string[]): boolean => one.length === other.length && one.every((each) => other.includes(each))

function Since({ at, live }: { at: string; live: boolean }) {
  const now = useNow(live)
  return (
    <span className="nowrap">
      waits since <Moment at={at} />, {duration(Math.max(0, now - Date.parse(at)) / 1000)}
    </span>
  )
}
