import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { usePresence } from '../api/hooks'
import { FLOWS, restore, revisionsQuery, runsQuery, textQuery } from '../api/queries'
import { useInfiniteQuery } from '@tanstack/react-query'
import { compareTexts, nearChanges } from '../model/diff'
import { For } from '../parts/For'
import { Failure, Notice, Prose, Segments, Skeleton, StateWord } from '../parts/pieces'
import { Moment } from '../parts/time'
import { flowRoute } from '../router'

/** A flow: its revisions, the text of each, what differs, and its last runs. */
export function FlowPage() {
  const { flow } = flowRoute.useParams()
  const search = flowRoute.useSearch()
  const navigate = useNavigate({ from: flowRoute.fullPath })
  const found = useQuery(revisionsQuery(flow))
  const runs = useInfiniteQuery(runsQuery({ flow, limit: 12 }))
  useEffect(() => {
    document.title = `${flow} · Dal Segno`
  }, [flow])
  if (found.error && !found.data) return <Failure error={found.error} again={() => void found.refetch()} />
  const latest = found.data?.[0]
  if (!found.data || !latest) return <Skeleton />
  const number = Number(search.revision ?? latest.revision)
  const shown = found.data.find((each) => each.revision === number) ?? latest
  const show = (revision: number, view = search.view) => void navigate({ search: { ...(revision !== latest.revision && { revision: String(revision) }), ...(view && { view }) }, replace: true })
  return (
    <>
      <div className="head">
        <nav className="crumbs" aria-label="Breadcrumb">
          <Link to="/runs" search={{ namespace: latest.namespace }}>
            {latest.namespace}
          </Link>
          <span>/</span>
          <Link to="/flows">Flows</Link>
        </nav>
        <div className="title">
          <h1 className="cut">{latest.id}</h1>
          {latest.disabled && <span className="tag">switched off</span>}
        </div>
        <dl className="facts last">
          <div>
            <dt>Revision</dt>
            <dd>{latest.revision}</dd>
          </div>
          <div>
            <dt>Tasks</dt>
            <dd>{latest.tasks.length}</dd>
          </div>
          <div>
            <dt>Saved</dt>
            <dd>
              <Moment at={latest.created} />
            </dd>
          </div>
          {latest.author && (
            <div className="only-wide">
              <dt>Saved by</dt>
              <dd>{latest.author}</dd>
            </div>
          )}
        </dl>
      </div>
      <div className="flow">
        <aside className="flow-side" aria-label="Revisions and runs">
          <h2>Revisions</h2>
          <ul>
            {found.data.map((each) => (
              <li key={each.revision}>
                <button type="button" className="pick" aria-pressed={each.revision === shown.revision} onClick={() => show(each.revision)}>
                  <b className="strong">{each.revision}</b>
                  <span className="soft grow">
                    <Moment at={each.created} />
                  </span>
                  <span className="muted cut">{each.author}</span>
                </button>
              </li>
            ))}
          </ul>
          <h2>Last runs</h2>
          <ul>
            {runs.data?.pages[0]?.runs.map((run) => (
              <li key={run.id} className="ran">
                <StateWord state={run.state} />
                <Link className="cut grow" to="/runs/$run" params={{ run: run.id }} search={{}}>
                  {run.name}
                </Link>
                <span className="muted sm">rev. {run.revision}</span>
              </li>
            ))}
          </ul>
          <Link className="link sm" to="/runs" search={{ flow }}>
            All runs of this flow
          </Link>
        </aside>
        <Text flow={flow} revision={shown.revision} latest={latest.revision} view={search.view ?? 'text'} onView={(view) => show(shown.revision, view)} />
      </div>
    </>
  )
}

type View = 'text' | 'difference'

function Text({ flow, revision, latest, view, onView }: { flow: string; revision: number; latest: number; view: View; onView: (view: View) => void }) {
  const text = useQuery(textQuery(flow, revision))
  const before = useQuery({ ...textQuery(flow, revision - 1), enabled: revision > 1 && view === 'difference' })
  return (
    <div className="flow-text">
      <div className="toolbar">
        <h2>Revision {revision}</h2>
        {revision > 1 && (
          <Segments
            label="View"
            value={view}
            onChange={onView}
            choices={[
              { value: 'text' as View, label: 'Text' },
              { value: 'difference' as View, label: `Difference to ${revision - 1}` },
            ]}
          />
        )}
        <span className="grow" />
        <For role="editor">{revision < latest && <Restore key={revision} flow={flow} revision={revision} latest={latest} />}</For>
      </div>
      {text.data === undefined ? (
        text.error ? (
          <Failure error={text.error} />
        ) : (
          <Skeleton />
        )
      ) : view === 'difference' && revision > 1 ? (
        <div className="scroll diff" role="group" aria-label="Difference" tabIndex={0}>
          {before.data !== undefined &&
            nearChanges(compareTexts(before.data, text.data), 3).map((each, index) => (
              <div key={index} className={each.kind === 'gap' ? 'hunk' : `d ${each.kind}`}>
                <span>{each.before}</span>
                <span>{each.after}</span>
                <span>{each.kind === 'add' ? '+' : each.kind === 'del' ? '-' : ''}</span>
                <span>{each.text}</span>
              </div>
            ))}
        </div>
      ) : (
        <div className="scroll code" role="group" aria-label="Text" tabIndex={0}>
          {text.data.split('\n').map((line, index) => (
            <div key={index} className="ln">
              <span>{index + 1}</span>
              <span>{line}</span>
            </div>
          ))}
        </div>
      )}
    </div>
  )
}

function Restore({ flow, revision, latest }: { flow: string; revision: number; latest: number }) {
  const away = usePresence() === 'away'
  const client = useQueryClient()
  const navigate = useNavigate({ from: flowRoute.fullPath })
  const [failure, setFailure] = useState<string | null>(null)
  const act = () =>
    restore(flow, revision)
      .then(() => {
        void client.invalidateQueries({ queryKey: ['flow', flow] })
        void client.invalidateQueries({ queryKey: FLOWS })
        void navigate({ search: { view: 'difference' } })
      })
      .catch((error: unknown) => setFailure(error instanceof Error ? error.message : String(error)))
  return (
    <>
      {failure && (
        <Notice look="failed" role="alert">
          <Prose text={failure} />
        </Notice>
      )}
      <button type="button" className="btn sm" disabled={away} onClick={() => void act()}>
        Restore as revision {latest + 1}
      </button>
    </>
  )
}
