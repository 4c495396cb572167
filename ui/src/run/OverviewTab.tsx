import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { givenQuery, type Run } from '../api/queries'
import { duration, many, span } from '../model/format'
import { copy } from '../parts/copy'
import { Icon } from '../parts/marks'
import { Prose, Skeleton, StateWord } from '../parts/pieces'
import { Moment } from '../parts/time'
import { runRoute } from '../router'
import { flowNameOf, useRun, type Loaded } from './useRun'
import { savedBy } from './RunPage'
import { ValueList } from './ValueList'

/** What a run is: where it came from, what it was given, who asked for it and why. */
export function OverviewTab() {
  const { run } = runRoute.useParams()
  const loaded = useRun(run)
  const { head, lineage } = loaded
  if (!head) return <Skeleton />
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
      <Overridden run={run} />
      <Block title="Outputs" empty={Object.keys(head.outputs).length === 0 && 'The flow gives none.'}>
        <ValueList values={head.outputs} />
      </Block>
      {Object.keys(head.labels).length > 0 && (
        <Block title="Labels">
          <ValueList values={head.labels} />
        </Block>
      )}
      <Block title="Lineage" note={many(lineage.length, 'run')}>
        <Lineage runs={lineage} head={head} />
      </Block>
      </div>
    </div>
  )
}

function Block({ title, note, empty, children }: { title: string; note?: string; empty?: string | false; children: ReactNode }) {
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
      <Link key="flow" className="link" to="/runs" search={{ flow: flowNameOf(head) }}>
        {flowNameOf(head)}
      </Link>,
    ],
    ['Revision', `${head.revision}${loaded.latest && loaded.latest.revision > head.revision ? `, ${loaded.latest.revision} is newer` : ''}`],
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
  const depths = new Map<string, number>()
  for (const each of runs) depths.set(each.id, each.origin === null ? 0 : (depths.get(each.origin) ?? 0) + 1)
  return (
    <ul className="lineage">
      {runs.map((each) => (
        <li key={each.id} style={{ paddingLeft: (depths.get(each.id) ?? 0) * 18 }}>
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
