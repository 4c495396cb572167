import '../styles/flows.css'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useMemo, useState } from 'react'
import { useLiveRuns, usePresence } from '../api/hooks'
import { useMay } from '../api/role'
import { ALL_RUNS, FLOWS, revisionsQuery } from '../api/queries'
import { Crumbs } from '../parts/crumbs'
import { useKeys } from '../parts/keys'
import { Icon } from '../parts/marks'
import { Failure, Notice, Prose, Skeleton } from '../parts/pieces'
import { usePageActions } from '../parts/pageactions'
import { flowRoute } from '../router'
import { FlowMenu } from './FlowMenu'
import { LastRuns } from './LastRuns'
import { flowsWithRunsQuery, type Revision } from './queries'
import { ActionsOf } from './actions'
import { useFlowSearch } from './useFlowSearch'

const RunSheet = lazy(() => import('./RunSheet').then((module) => ({ default: module.RunSheet })))

/** A flow: what it is, with its tabs below. */
export function FlowPage() {
  const { flow } = flowRoute.useParams()
  const [search, change] = useFlowSearch()
  const found = useQuery(revisionsQuery(flow))
  useFlowLive(flow)
  useEffect(() => {
    document.title = `${flow} · Dal Segno`
  }, [flow])
  const latest = found.data?.[0]
  const open = useMemo(() => () => change({ run: 'new' }), [change])
  useKeys(useMemo(() => ({ x: open }), [open]))
  useFlowActions(flow, latest, open)
  if (found.error && !found.data) return <Failure error={found.error} again={() => void found.refetch()} />
  if (!latest) return <Skeleton />
  const close = () => change({ run: undefined })
  return (
    <ActionsOf>
      {(place) => (
        <>
          <Head flow={flow} latest={latest} revisions={found.data?.length ?? 0} onRun={open} place={place} />
          <Outlet />
          {search.run !== undefined && (
            <Suspense fallback={null}>
              <RunSheet flow={flow} latest={latest} onClose={close} />
            </Suspense>
          )}
        </>
      )}
    </ActionsOf>
  )
}

/** What the command palette offers on the page of a flow. */
function useFlowActions(flow: string, latest: Revision | undefined, run: () => void): void {
  const navigate = useNavigate()
  const id = latest?.id
  const python = latest?.code != null
  usePageActions(
    useMemo(() => {
      if (id === undefined) return []
      const to = { params: { flow }, search: {} }
      return [
        { label: `Run ${id}`, hint: 'x', run },
        python ? { label: `Code of ${id}`, run: () => void navigate({ to: '/flows/$flow/code', ...to }) } : { label: `Edit ${id}`, run: () => void navigate({ to: '/flows/$flow/editor', ...to }) },
        { label: `Revisions of ${id}`, run: () => void navigate({ to: '/flows/$flow/revisions', ...to }) },
        { label: `Runs of ${id}`, run: () => void navigate({ to: '/flows/$flow/runs', ...to }) },
      ]
    }, [flow, id, python, run, navigate]),
  )
}

/** Asks again for the last runs when one of this flow has moved. */
function useFlowLive(flow: string): void {
  const client = useQueryClient()
  useLiveRuns(({ run }) => {
    if (`${run.namespace}.${run.flow}` !== flow && run.flow !== flow) return
    void client.invalidateQueries({ queryKey: [...FLOWS, 'runs'] })
    void client.invalidateQueries({ queryKey: [...ALL_RUNS, 'of-revision'] })
  })
}

interface HeadProps {
  flow: string
  latest: Revision
  revisions: number
  onRun: () => void
  place: (element: HTMLElement | null) => void
}

function Head({ flow, latest, revisions, onRun, place }: HeadProps) {
  const away = usePresence() === 'away'
  const [failure, setFailure] = useState<string | null>(null)
  const listed = useQuery(flowsWithRunsQuery).data?.find((each) => each.namespace === latest.namespace && each.id === latest.id)
  const may = useMay('operator')
  const off = listed?.disabled ?? latest.disabled
  const tab = { params: { flow }, activeOptions: { includeSearch: false } }
  return (
    <div className="head flow-head">
      <Crumbs>
        {[
          <Link key="namespace" to="/flows" search={{ text: latest.namespace }}>
            {latest.namespace}
          </Link>,
          <Link key="flows" to="/flows" search={{}}>
            Flows
          </Link>,
        ]}
      </Crumbs>
      <div className="title">
        <h1 className="cut">{latest.id}</h1>
        <span className="tag">revision {latest.revision}</span>
        {off && <span className="tag" data-state="warning">switched off</span>}
        {listed?.runs && listed.runs.length > 0 && (
          <span className="only-wide">
            <LastRuns runs={listed.runs} />
          </span>
        )}
        <div className="actions">
          <FlowMenu flow={flow} latest={latest} off={off} byText={latest.disabled} onFailure={setFailure} />
          <button type="button" className="btn kept" disabled={away || off || !may} title={!may ? 'Your role may not run flows' : off ? 'It is switched off' : 'Run it (x)'} onClick={onRun}>
            <Icon name="player-play" />
            Run
          </button>
          <span className="row head-actions" ref={place} />
        </div>
      </div>
      {failure && (
        <Notice look="failed" role="alert">
          <Prose text={failure} />
        </Notice>
      )}
      <nav className="tabs" aria-label="Parts of the flow">
        <Link to="/flows/$flow" search={{}} {...tab} activeOptions={{ exact: true, includeSearch: false }}>
          Overview
        </Link>
        {latest.code === null ? (
          <Link to="/flows/$flow/editor" search={{}} {...tab}>
            Editor
          </Link>
        ) : (
          <Link to="/flows/$flow/code" search={{}} {...tab}>
            Code
          </Link>
        )}
        <Link to="/flows/$flow/revisions" search={{}} {...tab}>
          Revisions <span className="count">{revisions}</span>
        </Link>
        <Link to="/flows/$flow/runs" search={{}} {...tab}>
          Runs
        </Link>
      </nav>
    </div>
  )
}
