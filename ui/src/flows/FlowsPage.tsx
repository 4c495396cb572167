import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useDeferredValue, useEffect, useState } from 'react'
import { flowsQuery } from '../api/queries'
import { many } from '../model/format'
import { Icon } from '../parts/marks'
import { Failure, Skeleton } from '../parts/pieces'
import { Moment } from '../parts/time'

/** All flows, with what is newest of each. */
export function FlowsPage() {
  const found = useQuery(flowsQuery)
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const sought = useDeferredValue(text.trim().toLowerCase())
  useEffect(() => {
    document.title = 'Flows · Dal Segno'
  }, [])
  const flows = (found.data ?? []).filter((flow) => `${flow.namespace}.${flow.id} ${flow.description ?? ''}`.toLowerCase().includes(sought))
  return (
    <>
      <div className="head flat">
        <div className="title">
          <h1>Flows</h1>
          {found.data && <span className="muted">{flows.length}</span>}
        </div>
      </div>
      <div className="toolbar filters">
        <label className="field search-field">
          <Icon name="search" size={14} />
          <input data-search aria-label="Search in names and descriptions" placeholder="Name or description" value={text} onChange={(event) => setText(event.target.value)} />
        </label>
      </div>
      {found.error && !found.data ? (
        <Failure error={found.error} again={() => void found.refetch()} />
      ) : !found.data ? (
        <Skeleton rows={12} />
      ) : flows.length === 0 ? (
        <div className="empty">
          <h2>{found.data.length === 0 ? 'No flow yet' : 'No flow matches'}</h2>
          {found.data.length === 0 && (
            <pre className="cmd" tabIndex={0}>
              <code>dalsegno flow save flow.yaml</code>
            </pre>
          )}
        </div>
      ) : (
        <div className="scroll">
          <table className="table runs flows">
            <thead>
              <tr>
                <th scope="col">Flow</th>
                <th scope="col">Description</th>
                <th scope="col" className="num">
                  Revision
                </th>
                <th scope="col">Saved</th>
              </tr>
            </thead>
            <tbody>
              {flows.map((flow) => {
                const name = `${flow.namespace}.${flow.id}`
                return (
                  <tr
                    key={name}
                    onClick={(event) => {
                      if (!(event.target as HTMLElement).closest('a')) void navigate({ to: '/flows/$flow', params: { flow: name }, search: {} })
                    }}
                  >
                    <td className="cut">
                      <Link to="/flows/$flow" params={{ flow: name }} search={{}}>
                        <span className="muted">{flow.namespace}.</span>
                        <b className="strong">{flow.id}</b>
                      </Link>
                      {flow.disabled && <span className="tag newer">switched off</span>}
                    </td>
                    <td className="soft cut only-wide">{flow.description}</td>
                    <td className="num soft">{flow.revision}</td>
                    <td className="soft nowrap only-wide">
                      <Moment at={flow.updated} />
                    </td>
                  </tr>
                )
              })}
            </tbody>
          </table>
          <p className="vh" role="status">
            {many(flows.length, 'flow')}
          </p>
        </div>
      )}
    </>
  )
}
