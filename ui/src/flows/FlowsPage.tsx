import '../styles/flows.css'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useLiveRuns } from '../api/hooks'
import { FLOWS } from '../api/queries'
import { seldom } from '../api/live'
import { many } from '../model/format'
import { useKeys } from '../parts/keys'
import { Icon } from '../parts/marks'
import { Failure, Notice, Prose, Skeleton } from '../parts/pieces'
import { Moment } from '../parts/time'
import { useDebounced } from '../replay/useDebounced'
import { flowsRoute } from '../router'
import { FlowMenu } from './FlowMenu'
import { LastRuns } from './LastRuns'
import { flowsWithRunsQuery, foundQuery, type ListedFlow } from './queries'

/** How often the last runs are asked for again at most, in milliseconds. */
const APART = 1000

/** All flows with how their last runs went; also those in whose text something stands. */
export function FlowsPage() {
  const found = useQuery(flowsWithRunsQuery)
  const { text = '', sources } = flowsRoute.useSearch()
  const navigate = useNavigate({ from: flowsRoute.fullPath })
  const [failure, setFailure] = useState<string | null>(null)
  useEffect(() => {
    document.title = 'Flows · Dal Segno'
  }, [])
  useLiveList()
  const table = useRef<HTMLDivElement>(null)
  useRowKeys(table)
  const set = (next: { text?: string; sources?: string }) => void navigate({ search: Object.fromEntries(Object.entries({ text, sources, ...next }).filter(([, value]) => value)), replace: true })
  const sought = text.trim().toLowerCase()
  const flows = (found.data ?? []).filter((flow) => `${flow.namespace}.${flow.id} ${flow.description ?? ''}`.toLowerCase().includes(sought))
  return (
    <>
      <div className="head flat">
        <div className="title">
          <h1>Flows</h1>
          {found.data && <span className="muted">{sources ? '' : flows.length}</span>}
          <div className="actions">
            <Link className="btn kept" to="/flows/new" search={{}}>
              <Icon name="plus" />
              New flow
            </Link>
          </div>
        </div>
      </div>
      <div className="toolbar filters">
        <Search text={text} onChange={(next) => set({ text: next })} sources={sources !== undefined} />
        <label className="opt">
          <input type="checkbox" checked={sources !== undefined} onChange={(event) => set({ sources: event.target.checked ? 'yes' : undefined })} />
          In their texts
        </label>
      </div>
      {failure && (
        <div className="notices">
          <Notice look="failed" role="alert">
            <Prose text={failure} />
          </Notice>
        </div>
      )}
      {found.error && !found.data ? (
        <Failure error={found.error} again={() => void found.refetch()} />
      ) : !found.data ? (
        <Skeleton rows={12} />
      ) : found.data.length === 0 ? (
        <div className="empty">
          <h2>No flow yet</h2>
          <p>Write one here, or save one from a file:</p>
          <pre className="cmd" tabIndex={0}>
            <code>dalsegno flow save flow.yaml</code>
          </pre>
          <Link className="btn" to="/flows/new" search={{}}>
            <Icon name="plus" />
            New flow
          </Link>
        </div>
      ) : sources ? (
        <InTexts text={text} />
      ) : flows.length === 0 ? (
        <div className="empty">
          <h2>No flow matches</h2>
          <button type="button" className="btn" onClick={() => set({ sources: 'yes' })}>
            Look in their texts
          </button>
        </div>
      ) : (
        <div className="scroll" ref={table}>
          <Table flows={flows} onFailure={setFailure} />
          <p className="vh" role="status">
            {many(flows.length, 'flow')}
          </p>
        </div>
      )}
    </>
  )
}

function useLiveList(): void {
  const client = useQueryClient()
  const refresh = useRef<ReturnType<typeof seldom> | null>(null)
  refresh.current ??= seldom(() => client.invalidateQueries({ queryKey: [...FLOWS, 'runs'] }), APART)
  useEffect(() => () => refresh.current?.cancel(), [])
  useLiveRuns(() => refresh.current?.())
}

/** Goes from row to row by the keys of all lists. */
function useRowKeys(table: React.RefObject<HTMLDivElement | null>): void {
  const go = (by: number) => () => {
    const links = [...(table.current?.querySelectorAll<HTMLElement>('tbody a.flow-link') ?? [])]
    const at = links.indexOf(document.activeElement as HTMLElement)
    links[Math.min(links.length - 1, Math.max(0, at + by))]?.focus()
  }
  useKeys({ j: go(1), k: go(-1), ArrowDown: go(1), ArrowUp: go(-1) })
}

function Search({ text, onChange, sources }: { text: string; onChange: (text: string) => void; sources: boolean }) {
  const [written, setWritten] = useState(text)
  const settled = useDebounced(written, 200)
  useEffect(() => {
    if (settled !== text) onChange(settled)
    // only what was typed moves the address
  }, [settled]) // eslint-disable-line
  return (
    <label className="field search-field">
      <Icon name="search" size={14} />
      <input
        data-search
        aria-label={sources ? 'Search in the texts of flows' : 'Search in names and descriptions'}
        placeholder={sources ? 'Text of a flow' : 'Name or description'}
        value={written}
        onChange={(event) => setWritten(event.target.value)}
      />
    </label>
  )
}

function Table({ flows, onFailure }: { flows: readonly ListedFlow[]; onFailure: (message: string | null) => void }) {
  return (
    <table className="table runs flows">
      <thead>
        <tr>
          <th scope="col">Flow</th>
          <th scope="col">Last runs</th>
          <th scope="col">Description</th>
          <th scope="col" className="num">
            Revision
          </th>
          <th scope="col">Saved</th>
          <th scope="col">
            <span className="vh">More</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {flows.map((flow) => (
          <Row key={`${flow.namespace}.${flow.id}`} flow={flow} onFailure={onFailure} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ flow, onFailure }: { flow: ListedFlow; onFailure: (message: string | null) => void }) {
  const navigate = useNavigate()
  const name = `${flow.namespace}.${flow.id}`
  return (
    <tr
      data-off={flow.disabled ? '' : undefined}
      onClick={(event) => {
        if (!(event.target as HTMLElement).closest('a, button, [role=menu]')) void navigate({ to: '/flows/$flow', params: { flow: name }, search: {} })
      }}
    >
      <td className="cut">
        <Link className="flow-link" to="/flows/$flow" params={{ flow: name }} search={{}}>
          <span className="muted">{flow.namespace}.</span>
          <b className="strong">{flow.id}</b>
        </Link>
        {flow.disabled && (
          <span className="tag newer" data-state="warning">
            switched off
          </span>
        )}
      </td>
      <td>
        <LastRuns runs={flow.runs ?? []} />
      </td>
      <td className="soft cut only-wide" title={flow.description ?? undefined}>
        {flow.description}
      </td>
      <td className="num soft only-wide">{flow.revision}</td>
      <td className="soft nowrap only-wide">
        <Moment at={flow.updated} />
      </td>
      <td className="only-wide" onClick={(event) => event.stopPropagation()}>
        <FlowMenu flow={name} latest={flow} off={flow.disabled} byText={flow.disabled && flow.off === null} onFailure={onFailure} />
      </td>
    </tr>
  )
}

/** The lines of flows in which a text stands. */
function InTexts({ text }: { text: string }) {
  const found = useQuery(foundQuery(text.trim()))
  if (text.trim().length < 2) {
    return (
      <div className="empty">
        <h2>Search in the texts of all flows</h2>
        <p>Two letters or more: a task type, a table, an address.</p>
      </div>
    )
  }
  if (found.error && !found.data) return <Failure error={found.error} again={() => void found.refetch()} />
  if (!found.data) return <Skeleton rows={12} />
  if (found.data.length === 0) {
    return (
      <div className="empty">
        <h2>No flow has this in its text</h2>
      </div>
    )
  }
  return (
    <div className="scroll found">
      {found.data.map((flow) => (
        <section key={`${flow.namespace}.${flow.id}`}>
          <h2>
            <Link to="/flows/$flow/revisions" params={{ flow: `${flow.namespace}.${flow.id}` }} search={{ view: 'text' }}>
              <span className="muted">{flow.namespace}.</span>
              {flow.id}
            </Link>
            <span className="muted sm">{many(flow.count, 'line')}</span>
          </h2>
          <ul>
            {flow.lines.slice(0, 8).map((line) => (
              <li key={line.line}>
                <span>{line.line}</span>
                <Marked text={line.text} sought={text.trim()} />
              </li>
            ))}
          </ul>
          {flow.count > 8 && <p className="muted sm">and {many(flow.count - 8, 'more line', 'more lines')}</p>}
        </section>
      ))}
      <p className="vh" role="status">
        {many(found.data.length, 'flow')}
      </p>
    </div>
  )
}

function Marked({ text, sought }: { text: string; sought: string }) {
  const at = text.toLowerCase().indexOf(sought.toLowerCase())
  if (at < 0) return <code>{text}</code>
  return (
    <code>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + sought.length)}</mark>
      {text.slice(at + sought.length)}
    </code>
  )
}
