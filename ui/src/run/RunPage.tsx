import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useMemo } from 'react'
import { useLiveRun, useNow, usePresence, useRelatives } from '../api/hooks'
import { codeQuery, kill } from '../api/queries'
import { duration, span } from '../model/format'
import { useKeys } from '../parts/keys'
import { Icon, Segno } from '../parts/marks'
import { Failure, Skeleton, StateBadge } from '../parts/pieces'
import { Moment } from '../parts/time'
import { runRoute } from '../router'
import { flowNameOf, useRun, type Loaded } from './useRun'

const ReplaySheet = lazy(() => import('../replay/ReplaySheet').then((module) => ({ default: module.ReplaySheet })))

/** A run: what it is and how it came, with its tabs below. */
export function RunPage() {
  const { run } = runRoute.useParams()
  const search = runRoute.useSearch()
  const navigate = useNavigate({ from: runRoute.fullPath })
  const loaded = useRun(run)
  const { head } = loaded
  useLiveRun(run, head?.id, loaded.live)
  useRelatives(run, head?.root, head !== undefined && !loaded.live)
  useEffect(() => {
    if (head) document.title = `${head.name} · ${head.state.toLowerCase()} · Dal Segno`
  }, [head])
  const open = useMemo(
    () => () => void navigate({ search: (before) => ({ ...before, replay: before.task ? [before.task] : ['*'] }) }),
    [navigate],
  )
  const fix = useMemo(() => () => void navigate({ to: '/runs/$run/fix', params: { run }, search: search.task ? { task: search.task } : {} }), [navigate, run, search.task])
  const compare = useMemo(
    () => () => void navigate({ to: '/compare', search: { after: head?.id ?? run, ...(head?.origin && { before: head.origin }) } }),
    [navigate, head, run],
  )
  useKeys(useMemo(() => ({ r: open, f: fix, c: compare }), [open, fix, compare]))
  if (loaded.error && !head) return <Failure error={loaded.error} again={loaded.again} />
  if (!head) return <Skeleton />
  const close = () => void navigate({ search: ({ replay: _, ...rest }) => rest, resetScroll: false })
  return (
    <>
      <Head loaded={loaded} head={head} onReplay={open} quiet={search.task !== undefined} />
      <Outlet />
      {search.replay && (
        <Suspense fallback={null}>
          <ReplaySheet key={search.replay.join()} loaded={loaded} head={head} starts={search.replay.filter((each) => each !== '*')} onClose={close} />
        </Suspense>
      )}
    </>
  )
}

type Head = NonNullable<Loaded['head']>

function Head({ loaded, head, onReplay, quiet }: { loaded: Loaded; head: Head; onReplay: () => void; quiet: boolean }) {
  const away = usePresence() === 'away'
  const { run } = runRoute.useParams()
  const code = useQuery(codeQuery(run))
  const tab = { params: { run }, search: (before: object) => before }
  return (
    <div className="head">
      <nav className="crumbs" aria-label="Breadcrumb">
        <Link to="/runs" search={{ namespace: head.namespace }}>
          {head.namespace}
        </Link>
        <span>/</span>
        <Link to="/flows/$flow" params={{ flow: flowNameOf(head) }} search={{}}>
          {head.flow}
        </Link>
        <span>/</span>
        <Link to="/runs" search={{}}>
          Runs
        </Link>
      </nav>
      <div className="title">
        <h1 className="cut">{head.name}</h1>
        <StateBadge state={loaded.gantt?.state ?? head.state} />
        <div className="actions">
          {loaded.live && (
            <button type="button" className="btn danger" disabled={away} onClick={() => void kill(head.id)}>
              <Icon name="player-stop" />
              Kill
            </button>
          )}
          {head.error && code.data === null && (
            <Link className="btn" to="/runs/$run/fix" params={{ run: head.id }} search={{}}>
              <Icon name="tool" />
              Fix and replay
            </Link>
          )}
          <button type="button" className={quiet ? 'btn' : 'btn primary'} disabled={away} onClick={onReplay}>
            <Segno />
            Replay
          </button>
        </div>
      </div>
      <Facts loaded={loaded} head={head} />
      <nav className="tabs" aria-label="Parts of the run">
        <Link to="/runs/$run" activeOptions={{ exact: true, includeSearch: false }} {...tab}>
          Gantt
        </Link>
        <Link to="/runs/$run/overview" activeOptions={{ includeSearch: false }} {...tab}>
          Overview
        </Link>
        <Link to="/runs/$run/logs" activeOptions={{ includeSearch: false }} {...tab}>
          Logs
        </Link>
        <Link to="/runs/$run/outputs" activeOptions={{ includeSearch: false }} {...tab}>
          Outputs
        </Link>
        <Link to="/runs/$run/lineage" activeOptions={{ includeSearch: false }} {...tab}>
          Lineage
          {loaded.lineage.length > 1 && <span className="count">{loaded.lineage.length}</span>}
        </Link>
        <Link to="/compare" search={{ ...(head.origin && { before: head.origin }), after: head.id }}>
          Compare
        </Link>
      </nav>
    </div>
  )
}

function Facts({ loaded, head }: { loaded: Loaded; head: Head }) {
  const now = useNow(loaded.live) / 1000
  const { gantt, latest, lineage } = loaded
  const long = gantt && span(gantt.started, gantt.ended, now)
  const origin = lineage.find((each) => each.id === head.origin)
  const fixed = lineage.find((each) => each.id === head.fixed_by)
  const saved = savedBy(loaded)
  return (
    <dl className="facts">
      <Fact label="Attempt">{head.attempt}</Fact>
      <Fact label="Revision">
        {head.revision}
        {latest && latest.revision > head.revision && (
          <Link className="link newer" to="/flows/$flow" params={{ flow: flowNameOf(head) }} search={{ view: 'difference' }}>
            {latest.revision} is newer
          </Link>
        )}
      </Fact>
      {long !== null && long !== undefined && (
        <Fact label={loaded.live ? 'Running for' : 'Duration'}>
          <span className={loaded.live ? 'steady' : undefined}>{duration(long)}</span>
        </Fact>
      )}
      {head.started && (
        <Fact label="Started" wide>
          <Moment at={head.started} />
        </Fact>
      )}
      {head.origin && (
        <Fact label="Replay of">
          <Link className="link" to="/runs/$run" params={{ run: head.origin }} search={{}}>
            {origin?.name ?? 'its origin'}
          </Link>
        </Fact>
      )}
      {fixed && (
        <Fact label="Fixed by">
          <Link className="link" to="/runs/$run" params={{ run: fixed.id }} search={{}}>
            {fixed.name}
          </Link>
        </Fact>
      )}
      {saved > 0 && <Fact label="Time saved">{duration(saved)}</Fact>}
      {head.reason && (
        <Fact label="Reason" wide>
          <span className="cut reason" title={head.reason}>
            {head.reason}
          </span>
        </Fact>
      )}
      {head.author && (
        <Fact label="Started by" wide>
          {head.author}
        </Fact>
      )}
    </dl>
  )
}

function Fact({ label, wide, children }: { label: string; wide?: boolean; children: React.ReactNode }) {
  return (
    <div className={wide ? 'only-wide' : undefined}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** How long what was kept took where it ran, in seconds. */
export function savedBy({ gantt, flow }: Loaded): number {
  const groups = new Set(flow?.nodes.filter((node) => node.kind !== 'work').map((node) => node.id))
  return (gantt?.bars ?? [])
    .filter((bar) => bar.action === 'REUSE' && !groups.has(bar.task))
    .reduce((sum, bar) => sum + (span(bar.started, bar.ended, bar.started ?? 0) ?? 0), 0)
}
