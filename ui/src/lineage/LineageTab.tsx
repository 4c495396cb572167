import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useRef, useState, type KeyboardEvent } from 'react'
import type { Run } from '../api/queries'
import { duration, many, span } from '../model/format'
import { askedOf, branchesOf, type Asked, type Branch } from '../model/relatives'
import { lookOf, wordOfState } from '../model/looks'
import { Icon, Mark } from '../parts/marks'
import { Failure, Skeleton, StateWord } from '../parts/pieces'
import { Moment } from '../parts/time'
import { runRoute } from '../router'
import { flowNameOf, useRun } from '../run/useRun'
import { callerQuery, calledQuery, didQuery, type Did } from './queries'

/** Where a run stands among its relatives: what it replays, what replays it, what called it and what it called. */
export function LineageTab() {
  const { run } = runRoute.useParams()
  const { head } = useRun(run)
  const found = useQuery(didQuery(run))
  if (found.error && !found.data) return <Failure error={found.error} again={() => void found.refetch()} />
  if (!found.data || !head) return <Skeleton />
  return (
    <div className="scroll family">
      {head.caller && <Caller head={head} />}
      <section>
        <header>
          <h2>Replays</h2>
          <span className="count">{many(found.data.runs.length, 'run')}</span>
        </header>
        <Tree runs={found.data.runs} did={found.data.did ?? {}} head={head} />
      </section>
      <Called run={head.id} />
    </div>
  )
}

function Tree({ runs, did, head }: { runs: readonly Run[]; did: Record<string, Did>; head: Run }) {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set())
  const branches = branchesOf(runs, folded)
  const names = new Map(runs.map((run) => [run.id, run.name]))
  const box = useRef<HTMLDivElement>(null)
  const here = Math.max(0, branches.findIndex(({ run }) => run.id === head.id))
  const [cursor, setCursor] = useState<string>(head.id)
  const at = Math.max(0, branches.findIndex(({ run }) => run.id === cursor))
  const go = (next: number) => {
    const found = branches[Math.min(branches.length - 1, Math.max(0, next))]
    if (!found) return
    setCursor(found.run.id)
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[data-run="${found.run.id}"]`)?.focus())
  }
  const fold = (id: string, to: boolean) =>
    setFolded((before) => {
      const next = new Set(before)
      if (to) next.add(id)
      else next.delete(id)
      return next
    })
  const pressed = (event: KeyboardEvent) => {
    const branch = branches[at]
    // the focus follows a moment later, so that the next key may still come from the row before
    if (!branch || (event.target as HTMLElement).role !== 'treeitem') return
    const above = branches.slice(0, at).findLastIndex((each) => each.depth < branch.depth)
    const isFolded = folded.has(branch.run.id)
    const does: Record<string, () => void> = {
      ArrowDown: () => go(at + 1), j: () => go(at + 1), ArrowUp: () => go(at - 1), k: () => go(at - 1),
      Home: () => go(0), End: () => go(branches.length - 1),
      ArrowRight: () => (isFolded ? fold(branch.run.id, false) : go(at + 1)),
      ArrowLeft: () => (branch.children > 0 && !isFolded ? fold(branch.run.id, true) : go(above)),
      Enter: () => box.current?.querySelector<HTMLElement>(`[data-run="${branch.run.id}"] a`)?.click(),
    }
    const found = does[event.key]
    if (!found) return
    event.preventDefault()
    event.stopPropagation()
    found()
  }
  return (
    <div role="tree" aria-label="Lineage" className="tree" ref={box} onKeyDown={pressed}>
      {branches.map((branch, index) => (
        <Relative
          key={branch.run.id}
          branch={branch}
          did={did[branch.run.id]}
          here={index === here}
          focusable={index === at}
          folded={folded.has(branch.run.id)}
          fixedBy={branch.run.fixed_by ? (names.get(branch.run.fixed_by) ?? null) : null}
          onFocus={() => setCursor(branch.run.id)}
          onFold={() => fold(branch.run.id, !folded.has(branch.run.id))}
        />
      ))}
    </div>
  )
}

interface RelativeProps {
  branch: Branch<Run>
  did: Did | undefined
  here: boolean
  focusable: boolean
  folded: boolean
  fixedBy: string | null
  onFocus: () => void
  onFold: () => void
}

function Relative({ branch, did, here, focusable, folded, fixedBy, onFocus, onFold }: RelativeProps) {
  const { run, depth, last, children } = branch
  const seconds = (at: string | null) => (at === null ? null : Date.parse(at) / 1000)
  const long = run.ended === null ? null : span(seconds(run.started), seconds(run.ended), 0)
  const look = lookOf(run.state)
  return (
    <div
      role="treeitem"
      aria-level={depth + 1}
      aria-expanded={children > 0 ? !folded : undefined}
      aria-current={here ? 'true' : undefined}
      tabIndex={focusable ? 0 : -1}
      data-run={run.id}
      className={here ? 'relative here' : 'relative'}
      onFocus={onFocus}
    >
      <span className="rails" aria-hidden>
        {last.map((ends, level) => (
          <i key={level} className={level === last.length - 1 ? (ends ? 'end' : 'fork') : ends ? 'none' : 'trunk'} />
        ))}
      </span>
      {children > 0 ? (
        <button type="button" tabIndex={-1} className="icon-btn xs twist" aria-label={folded ? `Unfold ${run.name}` : `Fold ${run.name}`} onClick={onFold}>
          <Icon name={folded ? 'chevron-right' : 'chevron-down'} size={14} />
        </button>
      ) : (
        <span className="twist" />
      )}
      <span className="who-ran">
        <span className="row">
          <Mark look={look} word={wordOfState(run.state)} />
          {run.deleted ? (
            <span className="strong cut">{run.name}</span>
          ) : (
            <Link className="strong cut" tabIndex={-1} to="/runs/$run" params={{ run: run.id }} search={{}}>
              {run.name}
            </Link>
          )}
          <span data-state={look} className="state-word">
            {wordOfState(run.state)}
          </span>
          {here && <span className="tag">this run</span>}
          {run.deleted && <span className="tag">deleted</span>}
          {fixedBy && (
            <span className="tag" data-state="success">
              <Mark look="success" size={12} />
              fixed by {fixedBy}
            </span>
          )}
        </span>
        <span className="soft sm facts-line">
          <span>revision {run.revision}</span>
          {long !== null && <span>{duration(long)}</span>}
          <span className="muted">
            <Moment at={run.created} />
          </span>
          {run.author && <span className="muted">{run.author}</span>}
          {run.origin && <span>replayed {askedOf(run.request as Asked | null)}</span>}
          {run.reason && <q className="cut">{run.reason}</q>}
        </span>
      </span>
      <span className="what-did sm">{did && <Done did={did} />}</span>
      {run.origin === null && <span className="no-compare only-wide" />}
      {run.origin && !run.deleted && (
        <Link className="btn quiet sm only-wide no-compare" tabIndex={-1} to="/compare" search={{ before: run.origin, after: run.id }}>
          <Icon name="git-compare" size={14} />
          Compare
        </Link>
      )}
    </div>
  )
}

/** How many tasks a run executed, and how many it kept. */
function Done({ did }: { did: Did }) {
  const parts: [string, number, string][] = [
    ['failed', did.failed, 'failed'], ['success', did.ran - did.failed, 'ran'], ['reused', did.reused, 'reused'], ['pinned', did.pinned, 'pinned'],
  ]
  const known = parts.filter(([, number]) => number > 0)
  const all = known.reduce((sum, [, number]) => sum + number, 0)
  if (all === 0) return <span className="muted">nothing has run</span>
  const words = known.map(([, number, word]) => `${number} ${word}`).join(', ')
  return (
    <>
      <span className="strip wide" aria-hidden>
        {[...known].reverse().map(([look, number]) => (
          <i key={look} data-state={look} style={{ '--w': `${Math.max(6, (72 * number) / all)}px` } as React.CSSProperties} />
        ))}
      </span>
      <span className="soft">
        {words}
        {did.saved >= 1 && <span className="muted">, saved {duration(did.saved)}</span>}
      </span>
    </>
  )
}

function Caller({ head }: { head: Run }) {
  const called = head.caller as { run?: string; task_run?: string } | null
  const caller = useQuery({ ...callerQuery(called?.run ?? ''), enabled: called?.run !== undefined }).data
  return (
    <section>
      <header>
        <h2>Called by</h2>
      </header>
      {caller && (
        <p className="row relative">
          <StateWord state={caller.state} />
          <Link className="strong" to="/runs/$run" params={{ run: caller.id }} search={{}}>
            {caller.name}
          </Link>
          <span className="soft sm">
            {flowNameOf(caller)}, revision {caller.revision}
          </span>
        </p>
      )}
    </section>
  )
}

function Called({ run }: { run: string }) {
  const found = useQuery(calledQuery(run))
  if (!found.data || found.data.length === 0) return null
  return (
    <section>
      <header>
        <h2>Called subflows</h2>
        <span className="count">{many(found.data.length, 'run')}</span>
      </header>
      <ul>
        {found.data.map((each) => (
          <li key={each.id} className="row relative">
            <StateWord state={each.state} />
            <Link className="strong" to="/runs/$run" params={{ run: each.id }} search={{}}>
              {each.name}
            </Link>
            <span className="soft sm">
              {flowNameOf(each)}, revision {each.revision}
            </span>
            <span className="muted sm">
              <Moment at={each.created} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
