import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { kindOf, muchOf, storedFor } from '../model/artifacts'
import { count, many } from '../model/format'
import type { JsonNode } from '../model/json'
import { wholeOf } from '../model/json'
import { Icon, Mark } from '../parts/marks'
import { Failure, Skeleton } from '../parts/pieces'
import { runRoute } from '../router'
import { useRun } from '../run/useRun'
import { ArtifactLink, UriLink } from './ArtifactLink'
import { JsonTree } from './JsonTree'
import { artifactsOfRunQuery, outputsQuery, type ArtifactOfRun } from './queries'

/** How many files and values stand in the table before the rest is asked for. */
const FIRST = 50

/** What a run gave: the outputs of the flow and of its tasks, and the values and files that are stored. */
export function OutputsTab() {
  const { run } = runRoute.useParams()
  const { filter: text = '' } = runRoute.useSearch()
  const navigate = useNavigate({ from: runRoute.fullPath })
  const loaded = useRun(run)
  const outputs = useQuery(outputsQuery(run))
  const stored = useQuery(artifactsOfRunQuery(run))
  const records = useMemo(() => stored.data ?? [], [stored.data])
  const sought = text.toLowerCase()
  const set = (next: string) => void navigate({ to: '/runs/$run/outputs', params: { run }, search: ({ filter: _, ...rest }) => (next === '' ? rest : { ...rest, filter: next }), replace: true })
  const error = outputs.error ?? stored.error
  if (error && !outputs.data) return <Failure error={error} again={() => void Promise.all([outputs.refetch(), stored.refetch()])} />
  if (!outputs.data || !stored.data) return <Skeleton />
  const tasks = Object.fromEntries(Object.entries(outputs.data.tasks).filter(([address]) => address.toLowerCase().includes(sought)))
  const shown = records.filter((each) => `${nameOf(each)} ${each.address} ${kindOf(each)}`.toLowerCase().includes(sought))
  const flow = outputs.data.flow
  return (
    <div className="pane">
      <div className="toolbar wraps">
        <label className="field search-field">
          <Icon name="filter" size={14} />
          <input data-search aria-label="Filter by task, name or kind" placeholder="Task, name or kind" value={text} onChange={(event) => set(event.target.value)} />
        </label>
        <span className="muted sm" role="status">
          {many(shown.length, 'artifact')}, {many(Object.keys(tasks).length, 'task')} with outputs
        </span>
      </div>
      <div className="results">
        <section className="block">
          <header>
            <h2>Outputs of the flow</h2>
          </header>
          <div className="inside">
            {Object.keys(flow).length === 0 ? (
              <p className="muted">{loaded.live ? 'They come when the run has ended.' : 'The flow gives none.'}</p>
            ) : (
              <JsonTree value={flow} label="Outputs of the flow" depth={2} leaf={(node) => leafOf(node, records, null)} />
            )}
          </div>
        </section>
        <section className="block">
          <header>
            <h2>Files and values</h2>
            <span className="count">{count(shown.length)}</span>
          </header>
          {shown.length === 0 ? <p className="calm">{records.length === 0 ? 'Nothing has been stored.' : 'Nothing matches.'}</p> : <Records records={shown} run={loaded.head?.id} />}
        </section>
        <section className="block">
          <header>
            <h2>Outputs of tasks</h2>
            <span className="count">{count(Object.keys(tasks).length)}</span>
          </header>
          <div className="inside">
            {Object.keys(tasks).length === 0 ? (
              <p className="muted">{sought === '' ? 'No task has given any.' : 'Nothing matches.'}</p>
            ) : (
              <JsonTree
                value={tasks}
                label="Outputs of tasks"
                depth={Object.keys(tasks).length <= 20 ? 1 : 0}
                leaf={(node) => leafOf(node, records, addressOf(node, tasks))}
                name={(node) => (node.depth === 0 ? <TaskLink run={run} address={node.name} /> : null)}
              />
            )}
          </div>
        </section>
      </div>
    </div>
  )
}

/** A file has a name of its own; a value is named after the output which it is. */
const nameOf = ({ kind, name, address, output }: ArtifactOfRun): string => (kind === 'file' || output === null ? name : `${address}.${output}`)

function TaskLink({ run, address }: { run: string; address: string }) {
  return (
    <Link className="link mono" tabIndex={-1} to="/runs/$run" params={{ run }} search={{ task: address }}>
      {address}
    </Link>
  )
}

/** The task whose outputs a line of the tree stands in. */
function addressOf(node: JsonNode, tasks: Record<string, unknown>): string | null {
  let best: string | null = null
  for (const address of Object.keys(tasks)) {
    const path = /^[A-Za-z_$][\w$-]*$/.test(address) ? address : `[${JSON.stringify(address)}]`
    if (node.path.startsWith(path) && (best === null || address.length > best.length)) best = address
  }
  return best
}

/** A file or a value that is kept whole, as a link to its page. */
export function leafOf(node: JsonNode, records: readonly ArtifactOfRun[], address: string | null) {
  const { value } = node
  const uri = typeof value === 'string' && value.startsWith('dalsegno://') ? value : null
  if (uri === null && wholeOf(value) === null) return null
  const own = address === null ? records : records.filter((each) => each.address === address)
  const found = storedFor(own, node.path.split('.').at(-1) ?? null, value)
  if (found) return <ArtifactLink artifact={found} />
  return uri === null ? null : <UriLink uri={uri} />
}

function Records({ records, run }: { records: readonly ArtifactOfRun[]; run: string | undefined }) {
  const [all, setAll] = useState(false)
  const shown = all ? records : records.slice(0, FIRST)
  return (
    <>
      <table className="table records">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Kind</th>
            <th scope="col" className="num">
              How much
            </th>
            <th scope="col">Task</th>
            <th scope="col" className="only-wide">
              Output
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((each) => (
            <tr key={each.id}>
              <td className="cut">
                <Link className="link mono" to="/artifact" search={{ name: each.id }}>
                  {nameOf(each)}
                </Link>
              </td>
              <td className="soft cut">{kindOf(each)}</td>
              <td className="num soft cut">{muchOf(each)}</td>
              <td className="cut">
                <span className="row">
                  {run && (
                    <Link className="mono cut" to="/runs/$run" params={{ run }} search={{ task: each.address }}>
                      {each.address}
                    </Link>
                  )}
                  {run && each.run !== run && (
                    <span className="tag only-wide">
                      <Mark look="reused" size={12} />
                      reused
                    </span>
                  )}
                </span>
              </td>
              <td className="muted mono cut only-wide">{each.output}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {records.length > shown.length && (
        <button type="button" className="as-link more" onClick={() => setAll(true)}>
          Show {count(records.length - shown.length)} more
        </button>
      )}
    </>
  )
}
