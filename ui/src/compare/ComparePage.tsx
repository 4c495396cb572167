import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { lineageQuery, type Run } from '../api/queries'
import { firstShown, outcomeOf, tallyOf, type ComparedTask, type Shown } from '../model/compare'
import { duration, span } from '../model/format'
import { copy } from '../parts/copy'
import { Crumbs, RunCrumbs } from '../parts/crumbs'
import { Icon, Segno } from '../parts/marks'
import { Empty, Failure, Segments, Skeleton, StateBadge } from '../parts/pieces'
import { Moment } from '../parts/time'
import { compareRoute } from '../router'
import { Differences } from './Differences'
import { compareQuery, type Compared } from './queries'
import { RunPicker } from './RunPicker'
import { TasksTable } from './TasksTable'

/** Two runs beside each other: which tasks came out otherwise, and why. */
export function ComparePage() {
  const search = compareRoute.useSearch()
  const { before, after } = search
  const navigate = useNavigate({ from: compareRoute.fullPath })
  const found = useQuery({ ...compareQuery(before ?? '', after ?? ''), enabled: before !== undefined && after !== undefined })
  const { data } = found
  const set = (some: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...some }), replace: true })
  useEffect(() => {
    document.title = data ? `${data.before.name} and ${data.after.name} · Dal Segno` : 'Compare · Dal Segno'
  }, [data])
  return (
    <>
      <Head compared={data} onSwap={() => set({ before: after, after: before })} before={before} after={after} onChoose={(side, run) => set({ [side]: run, task: undefined })} />
      {before === undefined || after === undefined ? (
        <Empty title="Choose two runs">
          <p className="soft">What differs between them stands here then: revision, inputs, and what became of each task.</p>
        </Empty>
      ) : found.error && !data ? (
        <Failure error={found.error} again={() => void found.refetch()} />
      ) : data ? (
        <Body compared={data} task={search.task} shown={search.show ?? 'all'} set={set} />
      ) : (
        <Skeleton />
      )}
    </>
  )
}

interface HeadProps {
  compared: Compared | undefined
  before: string | undefined
  after: string | undefined
  onSwap: () => void
  onChoose: (side: 'before' | 'after', run: string) => void
}

function Head({ compared, before, after, onSwap, onChoose }: HeadProps) {
  const [copied, setCopied] = useState(false)
  const one = useHead(before, compared?.runs.before)
  const other = useHead(after, compared?.runs.after)
  const run = other ?? one
  const first = compared?.first_divergence
  const runs = (
    <Link to="/runs" search={{}}>
      Runs
    </Link>
  )
  return (
    <div className="head compare-head">
      {run ? <RunCrumbs run={run}>{runs}</RunCrumbs> : <Crumbs>{runs}</Crumbs>}
      <div className="title">
        <h1>Compare</h1>
        {compared && <Verdict compared={compared} />}
        <div className="actions">
          {compared && (
            <>
              <button type="button" className="btn quiet" onClick={() => void copy(window.location.href).then(setCopied)} onBlur={() => setCopied(false)}>
                <Icon name={copied ? 'check' : 'link'} />
                {copied ? 'Copied' : 'Copy link'}
              </button>
              <button type="button" className="btn" onClick={onSwap}>
                <Icon name="arrows-exchange" />
                Swap
              </button>
            </>
          )}
          {other && first && compared?.tasks.some((task) => task.address === first && task.after) && (
            <Link className="btn" to="/runs/$run" params={{ run: other.id }} search={{ replay: [first] }}>
              <Segno />
              Replay B from {first}
            </Link>
          )}
        </div>
      </div>
      <div className="compare-sides">
        <Side side="A" run={one} lacking={before === undefined} other={other} onChoose={(chosen) => onChoose('before', chosen)} />
        <Side side="B" run={other} lacking={after === undefined && before !== undefined} other={one} onChoose={(chosen) => onChoose('after', chosen)} />
      </div>
    </div>
  )
}

/** A run that is one of the two, before they are compared too. */
function useHead(name: string | undefined, compared: Run | undefined): Run | undefined {
  const found = useQuery({ ...lineageQuery(name ?? ''), enabled: name !== undefined && compared === undefined }).data
  return compared ?? found?.find((run) => run.id === name || run.name === name)
}

function Verdict({ compared }: { compared: Compared }) {
  const { all, different, one } = tallyOf(compared.tasks)
  const first = compared.first_divergence
  if (different + one === 0) return <span className="soft verdict">all {all} tasks came out the same</span>
  return (
    <span className="soft verdict">
      {different + one} of {all} tasks differ
      {first && (
        <>
          , from <span className="mono">{first}</span> on
        </>
      )}
    </span>
  )
}

interface SideProps {
  side: 'A' | 'B'
  run: Run | undefined
  lacking: boolean
  other: Run | undefined
  onChoose: (run: string) => void
}

function Side({ side, run, lacking, other, onChoose }: SideProps) {
  const at = (moment: string | null) => (moment === null ? null : Date.parse(moment) / 1000)
  const long = run?.ended ? span(at(run.started), at(run.ended), 0) : null
  return (
    <div className="side-run">
      <span className="ab">{side}</span>
      {run && (
        <>
          <Link className="strong name" to="/runs/$run" params={{ run: run.id }} search={{}}>
            {run.name}
          </Link>
          <StateBadge state={run.state} />
          <span className="soft sm nowrap">revision {run.revision}</span>
          {long !== null && <span className="soft sm nowrap">{duration(long)}</span>}
          <span className="muted sm nowrap only-wide">
            <Moment at={run.created} />
          </span>
        </>
      )}
      <RunPicker side={side} chosen={run} lacking={lacking} other={other} onChoose={onChoose} />
    </div>
  )
}

interface BodyProps {
  compared: Compared
  task: string | undefined
  shown: Shown
  set: (some: { task?: string; show?: Shown }) => void
}

function Body({ compared, task, shown, set }: BodyProps) {
  const tally = tallyOf(compared.tasks)
  const selected: ComparedTask | null = compared.tasks.find((each) => each.address === task) ?? firstShown(compared.tasks, compared.first_divergence)
  return (
    <div className="body compare-body">
      <div className="pane">
        <div className="toolbar wraps">
          <h2>Tasks</h2>
          <Segments
            label="Tasks shown"
            value={shown}
            onChange={(show) => set({ show: show === 'all' ? undefined : show })}
            choices={[
              { value: 'all', label: `All ${tally.all}` },
              { value: 'different', label: `Different ${tally.different}`, disabled: tally.different === 0 },
              { value: 'same', label: `Same ${tally.same}`, disabled: tally.same === 0 },
              { value: 'one', label: `Only in one ${tally.one}`, disabled: tally.one === 0 },
            ]}
          />
        </div>
        <TasksTable compared={compared} shown={shown} selected={selected?.address ?? null} onSelect={(address) => set({ task: address })} />
      </div>
      <aside className="compare-side" aria-label="What differs" tabIndex={0}>
        <Differences compared={compared} task={selected !== null && (task !== undefined || outcomeOf(selected) !== 'same') ? selected : null} />
      </aside>
    </div>
  )
}
