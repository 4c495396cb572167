import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { givenQuery, type Run } from '../api/queries'
import { duration, many, span } from '../model/format'
import { branchesOf, type Asked } from '../model/relatives'
import { lookOf } from '../model/looks'
import { copy } from '../parts/copy'
import { Icon, Mark } from '../parts/marks'
import { Failure, Prose, Skeleton, StateWord } from '../parts/pieces'
import { Moment } from '../parts/time'
import { runRoute } from '../router'
import { flowNameOf, useRun, type Loaded } from './useRun'
import { artifactsOfRunQuery } from '../results/queries'
import { Labels } from './Labels'
import { Request } from './Request'
import { savedBy } from './RunPage'
import { ValueList } from './ValueList'

/** What a run is: where it came from, what it was given, who asked for it and why. */
export function OverviewTab() {
  const { run } = runRoute.useParams()
  const loaded = useRun(run)
  const { head, lineage } = loaded
  const records = useQuery(artifactsOfRunQuery(run)).data ?? []
  if (!head) return loaded.error ? <Failure error={loaded.error} again={loaded.again} /> : <Skeleton />
  return (
    <div className="overview">
      <div className="columns">
      {head.error && (
        <Block title="Error">
          <p className="lead">
            <Prose text={String(head.error.message)} />
          </p>
          {head.error.address ? (
            <p>
              <Link className="link mono" to="/runs/$run" params={{ run }} search={{ task: String(head.error.address) }}>
                {String(head.error.address)}
              </Link>
            </p>
          ) : null}
        </Block>
      )}
      <Block title="Run">
        <Facts head={head} loaded={loaded} />
      </Block>
      <Block title="Inputs" empty={Object.keys(head.inputs).length === 0 && 'It takes none.'}>
        <ValueList values={head.inputs} />
      </Block>
      {head.origin && head.request && (
        <Block title="Asked for">
          <Request run={run} request={head.request as Asked} />
        </Block>
      )}
      <Overridden run={run} />
      <Block title="Outputs" empty={Object.keys(head.outputs).length === 0 && (loaded.live ? 'They come when it has ended.' : 'The flow gives none.')}>
        <ValueList values={head.outputs} records={records} />
      </Block>
      <Block title="Labels">
        <Labels run={run} id={head.id} labels={head.labels} live={loaded.live} />
      </Block>
      <Block
        title="Lineage"
        note={
          <Link className="link" to="/runs/$run/lineage" params={{ run }} search={{}}>
            {many(lineage.length, 'run')}
          </Link>
        }
      >
        <Lineage runs={lineage} head={head} />
      </Block>
      </div>
    </div>
  )
}

function Block({ title, note, empty, children }: { title: string; note?: ReactNode; empty?: string | false; children: ReactNode }) {
  return (
    <section className="block">
      <header>
        <h2>{title}</h2>
        {note && <span className="count">{note}</span>}
      </header>
      <div className="inside">{empty ? <p className="muted">{empty}</p> : children}</div>
    </section>
  )
}

function Facts({ head, loaded }: { head: Run; loaded: Loaded }) {
  const [copied, setCopied] = useState(false)
  const long = head.started && head.ended ? span(Date.parse(head.started) / 1000, Date.parse(head.ended) / 1000, 0) : null
  const saved = savedBy(loaded)
  const origin = loaded.lineage.find((each) => each.id === head.origin)
  const fixed = loaded.lineage.find((each) => each.id === head.fixed_by)
  const environment = Object.entries(head.environment ?? {}).filter(([, value]) => typeof value === 'string')
  const pairs: [string, ReactNode][] = [
    ['State', <StateWord key="state" state={head.state} />],
    ['Attempt', head.attempt],
    [
      'Id',
      <span key="id" className="row">
        <code className="cut">{head.id}</code>
        <button type="button" className="icon-btn xs" aria-label={copied ? 'Copied' : 'Copy the id'} onClick={() => void copy(head.id).then(setCopied)}>
          <Icon name={copied ? 'check' : 'copy'} size={14} />
        </button>
      </span>,
    ],
    [
      'Flow',
      <Link key="flow" className="link" to="/flows/$flow" params={{ flow: flowNameOf(head) }} search={{}}>
        {flowNameOf(head)}
      </Link>,
    ],
    ['Revision', <Revision key="revision" head={head} loaded={loaded} />],
    ...(origin ? [['Replay of', <Related key="origin" run={origin} />] as [string, ReactNode]] : []),
    ...(fixed ? [['Fixed by', <Related key="fixed" run={fixed} />] as [string, ReactNode]] : []),
    ['Made', <Moment key="made" at={head.created} />],
    ...(head.started ? [['Started', <Moment key="started" at={head.started} />] as [string, ReactNode]] : []),
    ...(head.ended ? [['Ended', <Moment key="ended" at={head.ended} />] as [string, ReactNode]] : []),
    ...(long === null ? [] : [['Duration', duration(long)] as [string, ReactNode]]),
    ...(saved > 0 ? [['Time saved', duration(saved)] as [string, ReactNode]] : []),
    ...(head.reason ? [['Reason', head.reason] as [string, ReactNode]] : []),
    ...(head.author ? [['Started by', head.author] as [string, ReactNode]] : []),
    ...environment.map(([name, value]) => [name.charAt(0).toUpperCase() + name.slice(1), String(value)] as [string, ReactNode]),
  ]
  return (
    <dl className="kv">
      {pairs.map(([name, value]) => (
        <div key={name} className="pair">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** The revision of a run, with the ways to its text and to what differs. */
function Revision({ head, loaded }: { head: Run; loaded: Loaded }) {
  const flow = { flow: flowNameOf(head) }
  const origin = loaded.lineage.find((each) => each.id === head.origin)
  return (
    <span className="row wrap">
      <Link className="link" to="/flows/$flow/revisions" params={flow} search={{ b: String(head.revision), view: 'text' }}>
        {head.revision}
      </Link>
      {head.revision > 1 && (
        <Link className="link" to="/flows/$flow/revisions" params={flow} search={{ b: String(head.revision) }}>
          what it changed
        </Link>
      )}
      {origin && origin.revision !== head.revision && (
        <Link className="link" to="/compare" search={{ before: origin.id, after: head.id }}>
          from {origin.revision} in the origin
        </Link>
      )}
      {loaded.latest && loaded.latest.revision > head.revision && (
        <Link className="link" to="/flows/$flow/revisions" params={flow} search={{ a: String(head.revision), b: String(loaded.latest.revision) }}>
          {loaded.latest.revision} is newer
        </Link>
      )}
    </span>
  )
}

function Related({ run }: { run: Run }) {
  return (
    <span className="row">
      <Mark look={lookOf(run.state)} size={12} />
      <Link className="link" to="/runs/$run" params={{ run: run.id }} search={{}}>
        {run.name}
      </Link>
    </span>
  )
}

/** The values that a person gave in the place of those of the flow. */
function Overridden({ run }: { run: string }) {
  const given = Object.entries(useQuery(givenQuery(run)).data ?? {}).filter(([, names]) => names.length > 0)
  if (given.length === 0) return null
  return (
    <Block title="Given by a person" note={many(given.length, 'task')}>
      <dl className="kv">
        {given.map(([address, names]) => (
          <div key={address} className="pair">
            <dt className="mono">
              <Link to="/runs/$run" params={{ run }} search={{ task: address }}>
                {address}
              </Link>
            </dt>
            <dd className="mono">{names.join(', ')}</dd>
          </div>
        ))}
      </dl>
    </Block>
  )
}

/** The runs of a lineage below those that they replay. */
function Lineage({ runs, head }: { runs: readonly Run[]; head: Run }) {
  return (
    <ul className="lineage">
      {branchesOf(runs).map(({ run: each, depth }) => (
        <li key={each.id} style={{ paddingLeft: depth * 18 }}>
          <StateWord state={each.state} />
          {each.id === head.id ? (
            <b className="strong">{each.name}</b>
          ) : (
            <Link className="link" to="/runs/$run" params={{ run: each.id }} search={{}}>
              {each.name}
            </Link>
          )}
          <span className="muted sm">revision {each.revision}</span>
          {each.reason && <span className="soft sm cut">{each.reason}</span>}
        </li>
      ))}
    </ul>
  )
}
