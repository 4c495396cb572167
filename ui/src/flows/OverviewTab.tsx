import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useNow } from '../api/hooks'
import { flowQuery, revisionsQuery, runsQuery, type Run } from '../api/queries'
import { Graph } from '../graph/Graph'
import { duration, span } from '../model/format'
import { textOf, type InputField } from '../model/inputs'
import { hasEnded } from '../model/looks'
import { Failure, Prose, Skeleton, StateWord } from '../parts/pieces'
import { Moment } from '../parts/time'
import { flowRoute } from '../router'

/** What a flow is: its graph, what it takes, and how its last runs went. */
export function OverviewTab() {
  const { flow } = flowRoute.useParams()
  const navigate = useNavigate()
  const latest = useQuery(revisionsQuery(flow)).data?.[0]
  const found = useQuery(flowQuery(flow))
  const graph = useMemo(() => ({ nodes: found.data?.nodes ?? [], edges: found.data?.edges ?? [] }), [found.data])
  if (found.error && !found.data) return <Failure error={found.error} again={() => void found.refetch()} />
  if (!latest || !found.data) return <Skeleton />
  const open = (task: string) =>
    void (latest.code === null
      ? navigate({ to: '/flows/$flow/editor', params: { flow }, search: { task } })
      : navigate({ to: '/flows/$flow/code', params: { flow }, search: { task } }))
  return (
    <div className="flow-overview">
      <div className="flow-picture">
        <Graph graph={graph} onSelect={open} label="Tasks of the flow" does={latest.code === null ? 'Opens it in the editor' : 'Shows its code'} />
      </div>
      <div className="flow-facts">
        {latest.description && (
          <section>
            <h2>Description</h2>
            <p className="described">
              <Prose text={latest.description} />
            </p>
          </section>
        )}
        <Inputs fields={found.data.inputs} />
        <section>
          <h2>Latest revision</h2>
          <dl className="kv">
            <dt>Number</dt>
            <dd>
              <Link className="link" to="/flows/$flow/revisions" params={{ flow }} search={{}}>
                {latest.revision}
              </Link>
            </dd>
            <dt>Saved</dt>
            <dd>
              <Moment at={latest.created} />
            </dd>
            {latest.author && (
              <>
                <dt>Saved by</dt>
                <dd>{latest.author}</dd>
              </>
            )}
            <dt>Tasks</dt>
            <dd>{latest.tasks.length}</dd>
            {latest.code && (
              <>
                <dt>Pipeline</dt>
                <dd className="mono sm">{latest.code}</dd>
              </>
            )}
          </dl>
        </section>
        <Last flow={flow} />
      </div>
    </div>
  )
}

function Inputs({ fields }: { fields: readonly InputField[] }) {
  return (
    <section>
      <h2>Inputs</h2>
      {fields.length === 0 ? (
        <p className="muted">It takes none.</p>
      ) : (
        <ul className="flow-inputs">
          {fields.map((field) => (
            <li key={field.id}>
              <code>{field.id}</code>
              <span className="muted sm">
                {field.type.toLowerCase()}
                {field.required === false && ', optional'}
              </span>
              {field.default !== undefined && field.default !== null && <span className="soft sm cut">{textOf(field.default)}</span>}
              {field.description && <span className="soft sm wide">{field.description}</span>}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function Last({ flow }: { flow: string }) {
  const found = useInfiniteQuery(runsQuery({ flow, limit: 8 }))
  const runs = found.data?.pages[0]?.runs
  return (
    <section>
      <h2>Last runs</h2>
      {runs?.length === 0 && <p className="muted">It has not run yet.</p>}
      <ul>{runs?.map((run) => <Ran key={run.id} run={run} />)}</ul>
      {runs && runs.length > 0 && (
        <Link className="link sm" to="/flows/$flow/runs" params={{ flow }} search={{}}>
          All runs
        </Link>
      )}
    </section>
  )
}

function Ran({ run }: { run: Run }) {
  const now = useNow(run.started !== null && !hasEnded(run.state)) / 1000
  const seconds = (moment: string | null) => (moment === null ? null : Date.parse(moment) / 1000)
  const long = span(seconds(run.started), seconds(run.ended), now)
  return (
    <li className="ran">
      <span className="ran-state">
        <StateWord state={run.state} />
      </span>
      <Link className="cut grow" to="/runs/$run" params={{ run: run.id }} search={{}}>
        {run.name}
      </Link>
      <span className="muted sm">rev. {run.revision}</span>
      <span className="muted sm num">{long === null ? '' : duration(long)}</span>
    </li>
  )
}
