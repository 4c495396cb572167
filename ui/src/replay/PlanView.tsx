import { Link } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef } from 'react'
import { duration } from '../model/format'
import { lookOfAction, wordOfAction, type Look } from '../model/looks'
import type { FlowGraph } from '../model/graph'
import { sharesOf } from '../model/graphmarks'
import { sumsOf, timesOf, type Decision, type Plan } from '../model/plan'
import type { Choices } from '../model/request'
import { Mark, Segno } from '../parts/marks'
import { Failure, Notice, Prose, Skeleton } from '../parts/pieces'
import type { Loaded } from '../run/useRun'
import { passes, placeOf, type Refusal } from './refusals'
import { PlanGraph } from './PlanGraph'
import type { usePlan } from './useRequest'

interface Props {
  drawn: ReturnType<typeof usePlan>
  groups: ReadonlySet<string>
  choices: Choices
  change: (some: Partial<Choices>) => void
  loaded: Loaded
  /** What has moved since the plan was looked at, where it was refused for that. */
  moved: Map<string, string | null> | null
  failure: string | null
  /** Whether all refusals are told here, for there is no form beside it. */
  everything?: boolean
  /** The graph of what is replayed, where it is known. */
  graph?: FlowGraph | null
}

/** What will be done, task by task, and why. */
export function PlanView({ drawn, groups, choices, change, loaded, moved, failure, everything = false, graph }: Props) {
  const { plan, refusals } = drawn
  const dimmed = refusals.length > 0 && refusals.some((each) => placeOf(each, choices) !== 'plan')
  return (
    <section className="sheet-plan" aria-label="Plan">
      <div className={drawn.drawing ? 'drawing on' : 'drawing'} aria-hidden />
      <p className="vh" role="status">
        {plan && !drawn.drawing ? `Plan: ${wordsOf(plan, groups)}` : ''}
      </p>
      {drawn.error && !plan ? (
        <Failure error={drawn.error} again={() => void drawn.again()} />
      ) : plan === undefined ? (
        refusals.length > 0 ? (
          <div className="notices">
            <p className="muted">The plan stands here once the request can be planned.</p>
          </div>
        ) : (
          <Skeleton />
        )
      ) : (
        <>
          <PlanHead plan={plan} groups={groups} />
          {graph && <PlanGraph plan={plan} graph={graph} older={loaded.flow} choices={choices} change={change} dimmed={dimmed} />}
          <Notices plan={plan} refusals={refusals.filter((each) => everything || (placeOf(each, choices) === 'plan' && !passes(each, drawn.drawing)))} moved={moved} failure={failure} />
          <PlanTable plan={plan} dimmed={dimmed} choices={choices} change={change} loaded={loaded} moved={moved} refusals={refusals} graph={graph} />
        </>
      )}
    </section>
  )
}

const SUMS: readonly { name: 'run' | 'reuse' | 'pin' | 'check' | 'leave' | 'drop'; look: Look; word: string }[] = [
  { name: 'run', look: 'run', word: 'run' },
  { name: 'check', look: 'queued', word: 'check' },
  { name: 'reuse', look: 'reused', word: 'reuse' },
  { name: 'pin', look: 'pinned', word: 'pin' },
  { name: 'leave', look: 'skipped', word: 'left out' },
  { name: 'drop', look: 'drop', word: 'drop' },
]

function wordsOf(plan: Plan, groups: ReadonlySet<string>): string {
  const sums = sumsOf(plan, groups)
  return SUMS.filter(({ name }) => sums[name] > 0)
    .map(({ name, word }) => `${sums[name]} ${word}`)
    .join(', ')
}

function PlanHead({ plan, groups }: { plan: Plan; groups: ReadonlySet<string> }) {
  const sums = sumsOf(plan, groups)
  const { saved, needed } = timesOf(plan, groups)
  return (
    <div className="row plan-head">
      <h2>Plan</h2>
      {SUMS.filter(({ name }) => sums[name] > 0).map(({ name, look, word }) => (
        <span key={name} className="sum" data-state={look}>
          <Mark look={look} />
          {sums[name]} {word}
        </span>
      ))}
      <span className="grow" />
      <span className="sm soft only-wide">
        {needed > 0 && <>About {duration(needed)}. </>}
        {saved > 0 && (
          <>
            Saves about <b className="strong">{duration(saved)}</b>
          </>
        )}
      </span>
    </div>
  )
}

function Notices({ plan, refusals, moved, failure }: { plan: Plan; refusals: readonly Refusal[]; moved: Props['moved']; failure: string | null }) {
  const here = refusals.filter((each) => each.code !== 'effects')
  const told = [...plan.warnings, ...plan.unchecked.map((each) => `\`${each}\` is known only once the run gets there: it is not checked`)]
  if (here.length + told.length === 0 && moved === null && failure === null) return null
  return (
    <div className="notices">
      {failure && (
        <Notice look="failed" role="alert">
          <Prose text={failure} />
        </Notice>
      )}
      {moved && (
        <Notice look="warning" role="alert">
          <b className="strong">The plan has moved since it was drawn.</b>{' '}
          {moved.size === 0 ? 'The same tasks run, with other results.' : 'This is the new one; what is decided otherwise is marked.'} Look at it, and replay again.
        </Notice>
      )}
      {here.map((each) => (
        <Notice key={each.message} look="failed" role="alert">
          <Prose text={each.message} />
        </Notice>
      ))}
      {told.map((each) => (
        <Notice key={each} look="warning">
          <Prose text={each} />
        </Notice>
      ))}
    </div>
  )
}

interface TableProps {
  plan: Plan
  dimmed: boolean
  choices: Choices
  change: Props['change']
  loaded: Loaded
  moved: Props['moved']
  refusals: readonly Refusal[]
  graph: FlowGraph | null | undefined
}

type Entry = Decision | { dropped: string }

function PlanTable({ plan, dimmed, choices, change, loaded, moved, refusals, graph }: TableProps) {
  const shares = useMemo(() => (graph ? sharesOf(plan, graph) : null), [plan, graph])
  const box = useRef<HTMLDivElement>(null)
  const entries: Entry[] = [...plan.decisions, ...plan.dropped.map((dropped) => ({ dropped }))]
  const virtual = useVirtualizer({ count: entries.length, getScrollElement: () => box.current, estimateSize: () => 34, overscan: 16 })
  const items = virtual.getVirtualItems()
  const before = items[0]?.start ?? 0
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0)
  return (
    <div className={dimmed ? 'scroll dimmed' : 'scroll'} ref={box} tabIndex={0} role="group" aria-label="Decisions">
      <table className="table plan-table" aria-rowcount={entries.length + 1}>
        <colgroup>
          <col style={{ width: '32%' }} />
          <col style={{ width: 84 }} />
          <col />
          <col style={{ width: 92 }} />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">Task</th>
            <th scope="col">Decision</th>
            <th scope="col">Why</th>
            <th scope="col" className="num">
              Last time
            </th>
          </tr>
        </thead>
        <tbody>
          {before > 0 && <tr aria-hidden style={{ height: before }} />}
          {items.map((item) => {
            const entry = entries[item.index]
            if (!entry) return null
            if ('dropped' in entry) return <Dropped key={entry.dropped} address={entry.dropped} revision={plan.revision} />
            const refusal = refusals.find((each) => each.address === entry.address && each.code === 'effects')
            return (
              <Row
                key={entry.address}
                entry={entry}
                share={shares?.get(entry.address)}
                was={moved?.get(entry.address)}
                start={choices.mode === 'task' && choices.starts.includes(entry.address)}
                acknowledged={choices.acknowledge.includes(entry.address)}
                asks={refusal !== undefined}
                onAcknowledge={(yes) =>
                  change({ acknowledge: yes ? [...choices.acknowledge, entry.address] : choices.acknowledge.filter((each) => each !== entry.address) })
                }
                loaded={loaded}
                measure={virtual.measureElement}
                index={item.index}
              />
            )
          })}
          {after > 0 && <tr aria-hidden style={{ height: after }} />}
        </tbody>
      </table>
    </div>
  )
}

interface RowProps {
  entry: Decision
  /** Of what is entered, how many of the tasks in it run. */
  share: { runs: number; all: number } | undefined
  was: string | null | undefined
  start: boolean
  acknowledged: boolean
  asks: boolean
  onAcknowledge: (yes: boolean) => void
  loaded: Loaded
  measure: (element: Element | null) => void
  index: number
}

function Row({ entry, share, was, start, acknowledged, asks, onAcknowledge, loaded, measure, index }: RowProps) {
  const look = lookOfAction(entry.action)
  return (
    <tr ref={measure} data-index={index} data-action={entry.action} className={was === undefined ? undefined : 'tinted'}>
      <td>
        <span className="row">
          <Mark look={look} />
          <span className={entry.action === 'REUSE' ? 'mono wraps muted' : 'mono wraps'}>{entry.address}</span>
          {start && (
            <span className="starts" role="img" aria-label="Start" title="A replay starts here">
              <Segno size={14} />
            </span>
          )}
          {entry.breakpoint && <Mark look="paused" word="The run stops before it" />}
        </span>
      </td>
      <td>
        <span className="decision" data-state={look}>
          {entry.action === 'LEAVE' ? 'Left out' : wordOfAction(entry.action)}
        </span>
      </td>
      <td className="wrap">
        <Prose text={entry.reason} />
        {entry.action === 'REUSE' && loaded.head && (
          <>
            {' '}
            <Link className="link sm" to="/runs/$run" params={{ run: loaded.head.id }} search={{ task: entry.address }} target="_blank">
              its result
            </Link>
          </>
        )}
        {share !== undefined && share.all > 0 && (
          <span className="muted">
            {' '}
            · {share.runs} of {share.all} run
          </span>
        )}
        {entry.waits_for && <span className="muted"> · decided when {entry.waits_for} has run</span>}
        {was !== undefined && <b className="strong"> · was {was === null ? 'not there' : wordOfAction(was)}, now {wordOfAction(entry.action)}</b>}
        {entry.warnings.map((each) => (
          <span key={each} className="warns">
            <Mark look="warning" size={12} /> <Prose text={each} />
          </span>
        ))}
        {(asks || acknowledged) && (
          <label className="opt acknowledge">
            <input type="checkbox" checked={acknowledged} onChange={(event) => onAcknowledge(event.target.checked)} />
            Its effects outside may happen once more
          </label>
        )}
      </td>
      <td className="num soft">{entry.estimate_s === null ? '' : duration(entry.estimate_s)}</td>
    </tr>
  )
}

function Dropped({ address, revision }: { address: string; revision: number }) {
  return (
    <tr data-action="DROP">
      <td>
        <span className="row">
          <Mark look="drop" />
          <span className="mono wraps muted dropped">{address}</span>
        </span>
      </td>
      <td>
        <span className="decision" data-state="drop">
          Drop
        </span>
      </td>
      <td className="wrap">not in revision {revision} of the flow</td>
      <td />
    </tr>
  )
}
