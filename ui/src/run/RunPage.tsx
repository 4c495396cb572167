import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useEffect, useMemo } from 'react'
import { useLiveRun, useNow, usePresence, useRelatives } from '../api/hooks'
import { codeQuery } from '../api/queries'
import { useMay } from '../api/role'
import { duration, span } from '../model/format'
import { RunCrumbs } from '../parts/crumbs'
import { groupsOf } from '../model/graph'
import { pausedWords } from '../model/waits'
import { RunActions } from '../pause/RunActions'
import { useKeys } from '../parts/keys'
import { Icon, Segno } from '../parts/marks'
import { Failure, Skeleton, StateBadge } from '../parts/pieces'
import { Moment } from '../parts/time'
import { runRoute, type RunSearch } from '../router'
import { useRunActions } from './actions'
import { flowNameOf, useRun, type Loaded } from './useRun'

const ReplaySheet = lazy(() => import('../replay/ReplaySheet').then((module) => ({ default: module.ReplaySheet })))

/** A run: what it is and how it came, with its tabs below. */
export function RunPage() {
  const { run } = runRoute.useParams()
  const search = runRoute.useSearch()
  const navigate = useNavigate()
  // whatever tab is open stays
  const ask = useCallback((search: (before: RunSearch) => RunSearch, replace = false) => void navigate({ to: '.', search: search as never, replace, resetScroll: false }), [navigate])
  const loaded = useRun(run)
  const { head } = loaded
  useLiveRun(run, head?.id, loaded.live)
  useRelatives(run, head?.root, head !== undefined && !loaded.live)
  useEffect(() => {
    if (head) document.title = `${head.name} · ${head.state.toLowerCase()} · Dal Segno`
  }, [head])
  const open = useMemo(
    () => () => ask((before) => ({ ...before, replay: before.task ? [before.task] : ['*'] })),
    [ask],
  )
  const fix = useMemo(() => () => void navigate({ to: '/runs/$run/fix', params: { run }, search: search.task ? { task: search.task } : {} }), [navigate, run, search.task])
  const compare = useMemo(
    () => () => void navigate({ to: '/compare', search: { after: head?.id ?? run, ...(head?.origin && { before: head.origin }) } }),
    [navigate, head, run],
  )
  const [operator, editor] = [useMay('operator'), useMay('editor')]
  useKeys(useMemo(() => ({ ...(operator && { r: open }), ...(editor && { f: fix }), c: compare }), [open, fix, compare, operator, editor]))
  useRunActions({ run, head, live: loaded.live, open, fix })
  if (loaded.error && !head) return <Failure error={loaded.error} again={loaded.again} />
  if (!head) return <Skeleton />
  const close = () => ask(({ replay: _, ask: __, ...rest }) => rest)
  return (
    <>
      <Head loaded={loaded} head={head} onReplay={open} open={search.task} />
      <Outlet />
      {search.replay && operator && (
        <Suspense fallback={null}>
          <ReplaySheet
            key={head.id}
            loaded={loaded}
            head={head}
            starts={search.replay.filter((each) => each !== '*')}
            ask={search.ask}
            onAsk={(starts, asked) => ask(({ ask: _, ...rest }) => ({ ...rest, replay: starts.length > 0 ? starts : ['*'], ...(asked && { ask: asked }) }), true)}
            onClose={close}
          />
        </Suspense>
      )}
    </>
  )
}

type Head = NonNullable<Loaded['head']>

function Head({ loaded, head, onReplay, open }: { loaded: Loaded; head: Head; onReplay: () => void; open: string | undefined }) {
  const away = usePresence() === 'away'
  const { run } = runRoute.useParams()
  const code = useQuery(codeQuery(run))
  const [operator, editor] = [useMay('operator'), useMay('editor')]
  const state = loaded.gantt?.state ?? head.state
  const tab = { params: { run }, search: (before: object) => before }
  return (
    <div className="head">
      <RunCrumbs run={head}>
        <Link to="/runs" search={{}}>
          Runs
        </Link>
      </RunCrumbs>
      <div className="title">
        <h1 className="cut">{head.name}</h1>
        <StateBadge state={state} word={state === 'PAUSED' ? pausedWords(loaded.waits) : undefined} />
        <div className="actions">
          <RunActions run={run} loaded={loaded} head={head} open={open} />
          {editor && head.error && code.data === null && (
            <Link className="btn" to="/runs/$run/fix" params={{ run: head.id }} search={{}}>
              <Icon name="tool" />
              Fix and replay
            </Link>
          )}
          {operator && (
            <button type="button" className={open !== undefined || state === 'PAUSED' ? 'btn' : 'btn primary'} disabled={away} onClick={onReplay}>
              <Segno />
              Replay
            </button>
          )}
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
        <Link to="/runs/$run/topology" activeOptions={{ includeSearch: false }} {...tab}>
          Topology
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
          <Link className="link newer" to="/flows/$flow/revisions" params={{ flow: flowNameOf(head) }} search={{ a: String(head.revision), b: String(latest.revision) }}>
            {latest.revision} is newer
          </Link>
        )}
      </Fact>
      {long !== null && long !== undefined && (
        <Fact label={gantt?.state === 'PAUSED' ? 'So far' : loaded.live ? 'Running for' : 'Duration'}>
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
  const groups = groupsOf(flow?.nodes ?? [])
  return (gantt?.bars ?? [])
    .filter((bar) => bar.action === 'REUSE' && !groups.has(bar.task))
    .reduce((sum, bar) => sum + (span(bar.started, bar.ended, bar.started ?? 0) ?? 0), 0)
}
