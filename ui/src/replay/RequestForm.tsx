import { useState } from 'react'
import type { Run } from '../api/queries'
import { around, segments } from '../model/address'
import type { CompiledTask } from '../model/given'
import type { Plan } from '../model/plan'
import type { Choices, Mode } from '../model/request'
import { Notice, Prose, Segments } from '../parts/pieces'
import { RevisionDifference } from './RevisionDifference'
import { flowNameOf, type Loaded } from '../run/useRun'
import { Breakpoints } from '../given/Breakpoints'
import { Overrides } from '../given/Overrides'
import { useSmall } from '../run/useSmall'
import { InputFields } from './InputFields'
import { Tasks } from './Tasks'
import type { Refusal } from './refusals'
import { belongsTo } from './refusals'

interface Props {
  loaded: Loaded
  /** The revision that is chosen. */
  chosen: Loaded['latest']
  head: Run
  choices: Choices
  change: (some: Partial<Choices>) => void
  refusals: readonly Refusal[]
  plan: Plan | undefined
}

const MODES: readonly { value: Mode; label: string }[] = [
  { value: 'task', label: 'From a task' },
  { value: 'failed', label: 'What failed' },
  { value: 'changed', label: 'What changed' },
  { value: 'all', label: 'Everything' },
]
const MEANS: Record<Mode, string> = {
  task: 'and everything downstream of it.',
  failed: 'Whatever has a result is kept.',
  changed: 'Only what changed, what failed, and what comes out otherwise for it.',
  all: 'All tasks run again, with the inputs of the origin.',
}

const NO_TASKS = new Map<string, CompiledTask>()

/** What is asked for. A refusal stands at the field that caused it. */
export function RequestForm({ loaded, chosen, head, choices, change, refusals, plan }: Props) {
  const small = useSmall()
  const [more, setMore] = useState(choices.until.length > 0 || choices.skip.length > 0)
  const known = [...new Set([...(plan?.decisions.map((each) => each.address) ?? []), ...(chosen?.nodes.map((node) => node.id) ?? [])])]
  const at = (field: Parameters<typeof belongsTo>[1], address?: string) => (
    <At
      refusals={refusals.filter((each) => belongsTo(each, field, choices) && (address === undefined || each.address === address))}
      choices={choices}
      change={change}
    />
  )
  return (
    <form className="sheet-form" aria-label="Request" onSubmit={(event) => event.preventDefault()}>
      <div className="fs">
        <span className="lbl">Run again</span>
        <Segments label="Run again" value={choices.mode} choices={MODES} onChange={(mode) => change({ mode })} />
        {choices.mode === 'task' && (
          <Tasks label="Tasks to start from" placeholder={small ? 'Add a task' : 'Add a task, or click in the graph'} value={choices.starts} known={known} onChange={(starts) => change({ starts })} />
        )}
        <div className="row sm soft wrap">
          <span>{choices.mode === 'task' && choices.alone ? 'and nothing downstream of it.' : MEANS[choices.mode]}</span>
          {choices.mode === 'task' && (
            <label className="opt end">
              <input type="checkbox" checked={choices.alone} onChange={(event) => change({ alone: event.target.checked })} />
              Only this
            </label>
          )}
        </div>
        {at('start')}
        {!more && (
          <button type="button" className="as-link sm" onClick={() => setMore(true)}>
            Stop after, or skip tasks
          </button>
        )}
        {more && (
          <>
            <Tasks label="Stop after" placeholder="Runs to the end" value={choices.until} known={known} onChange={(until) => change({ until })} shown />
            <Tasks label="Skip" placeholder="Reuse the result of a task" value={choices.skip} known={known} onChange={(skip) => change({ skip })} shown />
            {at('skip')}
          </>
        )}
      </div>
      <Revisions loaded={loaded} head={head} choices={choices} change={change} />
      <InputFields head={head} fields={chosen?.inputs ?? []} choices={choices} change={change} refusal={at('inputs')} />
      <Overrides
        loaded={loaded}
        head={head}
        tasks={chosen?.tasks ?? NO_TASKS}
        known={known}
        choices={choices}
        change={change}
        refused={(address) => at('overrides', address)}
      />
      <Breakpoints known={known} graph={chosen} value={choices.breakpoints} onChange={(breakpoints) => change({ breakpoints })} refusal={at('breakpoints')} />
      <div className="fs">
        <label className="opt">
          <input type="checkbox" checked={choices.keepEffects} onChange={(event) => change({ keepEffects: event.target.checked })} />
          <span>Keep the results of tasks with effects outside</span>
        </label>
        <label className="opt">
          <input type="checkbox" checked={choices.freshClock} onChange={(event) => change({ freshClock: event.target.checked })} />
          <span>Take the time of now for the flow’s clock</span>
        </label>
      </div>
      <div className="fs last">
        <label htmlFor="why">Reason</label>
        <div className="field">
          <input id="why" value={choices.reason} maxLength={500} onChange={(event) => change({ reason: event.target.value })} />
        </div>
      </div>
    </form>
  )
}

/** Puts the name that was meant in the place of the wrong one; of an address inside a loop only the last part was wrong. */
const meant = (refusal: Refusal, name: string) => (written: string) => {
  if (written !== refusal.address) return written
  const inside = around(written)
  return inside === '' || segments(name).length > 1 ? name : `${inside}.${name}`
}

const renamed = (choices: Choices, to: (written: string) => string): Partial<Choices> => ({
  pins: Object.fromEntries(Object.entries(choices.pins).map(([address, pin]) => [to(address), pin])),
  taskInputs: Object.fromEntries(Object.entries(choices.taskInputs).map(([address, inner]) => [to(address), inner])),
})

/** What was refused, at the place that caused it, with the name that was meant as a button. */
function At({ refusals, choices, change }: { refusals: readonly Refusal[]; choices: Choices; change: Props['change'] }) {
  if (refusals.length === 0) return null
  return (
    <>
      {refusals.map((each) => (
        <Notice key={`${each.code}${each.message}`} look="failed" role="alert">
          <Prose text={each.message} />
          {(each.code === 'unknown-property' ? [] : each.closest.slice(0, 3)).map((name) => (
            <button
              key={name}
              type="button"
              className="btn sm"
              onClick={() => change({ starts: choices.starts.map(meant(each, name)), skip: choices.skip.map(meant(each, name)), until: choices.until.map(meant(each, name)), breakpoints: choices.breakpoints.map(meant(each, name)), ...renamed(choices, meant(each, name)) })}
            >
              Use {name}
            </button>
          ))}
        </Notice>
      ))}
    </>
  )
}

function Revisions({ loaded, head, choices, change }: Pick<Props, 'loaded' | 'head' | 'choices' | 'change'>) {
  const latest = loaded.latest?.revision ?? head.revision
  const name = flowNameOf(head)
  const others = Array.from({ length: latest }, (_, index) => index + 1).filter((each) => each !== latest && each !== head.revision)
  if (latest === 1) return null
  return (
    <div className="fs">
      <span className="lbl">Revision</span>
      <div className="row">
        <Segments
          label="Revision"
          value={choices.revision}
          onChange={(revision) => change({ revision })}
          choices={[
            { value: head.revision, label: head.revision === latest ? `Original and latest, ${latest}` : `Original, ${head.revision}` },
            ...(head.revision === latest ? [] : [{ value: latest, label: `Latest, ${latest}` }]),
          ]}
        />
        {others.length > 0 && (
          <select
            className="field other"
            aria-label="Another revision"
            value={others.includes(choices.revision) ? choices.revision : ''}
            onChange={(event) => event.target.value && change({ revision: Number(event.target.value) })}
          >
            <option value="">Other</option>
            {others.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        )}
      </div>
      {choices.revision !== head.revision && <RevisionDifference flow={name} before={head.revision} after={choices.revision} />}
    </div>
  )
}
