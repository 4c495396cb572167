import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo, useRef, useState } from 'react'
import { usePresence } from '../api/hooks'
import { useMay } from '../api/role'
import { FLOWS, restore, revisionsQuery, textQuery } from '../api/queries'
import { compareTexts } from '../model/diff'
import { many } from '../model/format'
import { lookOf, wordOf } from '../model/looks'
import { revisionNote } from '../model/revisions'
import { wordsOfChange } from '../model/sidebyside'
import { IconButton } from '../parts/button'
import { CodeText } from '../parts/code'
import { Difference, type DiffView } from '../parts/Difference'
import { useKeys } from '../parts/keys'
import { Failure, Notice, Prose, Segments, Skeleton } from '../parts/pieces'
import { Moment } from '../parts/time'
import { useSmall } from '../run/useSmall'
import { flowRoute } from '../router'
import { Confirm } from './Confirm'
import { runsOfRevisionQuery, type Revision } from './queries'
import { useFlowSearch } from './useFlowSearch'
import { useSeen } from './useSeen'

type View = DiffView | 'text'

/** All revisions of a flow, what differs between any two of them, and the runs of each. */
export function RevisionsTab() {
  const { flow } = flowRoute.useParams()
  const [search, change] = useFlowSearch()
  const small = useSmall()
  const found = useQuery(revisionsQuery(flow))
  if (found.error && !found.data) return <Failure error={found.error} again={() => void found.refetch()} />
  const revisions = found.data
  const latest = revisions?.[0]
  if (!revisions || !latest) return <Skeleton />
  const there = (text: string | undefined, other: number) => revisions.find((each) => String(each.revision) === text)?.revision ?? other
  const b = there(search.b, latest.revision)
  const a = there(search.a, Math.max(1, b - 1))
  const view: View = search.view === 'inline' || search.view === 'text' ? search.view : search.view === 'side' || !small ? 'side' : 'inline'
  const show = (next: { a?: number; b?: number; view?: View }) =>
    change({ a: String(next.a ?? a), b: String(next.b ?? b), ...(next.view && { view: next.view }) }, { replace: true })
  return (
    <div className="revisions">
      <aside className="rev-list" aria-label="Revisions">
        <ul>
          {revisions.map((each, index) => (
            <li key={each.revision}>
              <Entry
                flow={flow}
                revision={each}
                note={revisionNote(each, revisions[index + 1] ?? null, revisions)}
                side={each.revision === b ? 'B' : each.revision === a ? 'A' : null}
                latest={each.revision === latest.revision}
                onPick={(side) => show(side === 'a' ? { a: each.revision } : { b: each.revision, a: Math.max(1, each.revision - 1) })}
              />
            </li>
          ))}
        </ul>
      </aside>
      <Pane key={`${a}:${b}`} flow={flow} a={a} b={b} view={view} revisions={revisions} onView={(next) => show({ view: next })} onRestored={(number) => show({ a: latest.revision, b: number })} />
    </div>
  )
}

interface EntryProps {
  flow: string
  revision: Revision
  note: string
  side: 'A' | 'B' | null
  latest: boolean
  onPick: (side: 'a' | 'b') => void
}

function Entry({ flow, revision, note, side, latest, onPick }: EntryProps) {
  const [box, seen] = useSeen<HTMLDivElement>()
  const runs = useQuery({ ...runsOfRevisionQuery(flow, revision.revision), enabled: seen })
  const counts = Object.entries(runs.data?.counts ?? {}).filter(([, count]) => count > 0)
  const all = counts.reduce((sum, [, count]) => sum + count, 0)
  return (
    <div ref={box} className={side === null ? 'rev' : 'rev sel'}>
      <button type="button" className="rev-pick" aria-pressed={side === 'B'} onClick={() => onPick('b')}>
        <span className="row">
          <span className="ab" aria-hidden>
            {side}
          </span>
          <b className="strong">Revision {revision.revision}</b>
          {latest && <span className="tag">latest</span>}
          <span className="end sm muted">
            <Moment at={revision.created} />
          </span>
        </span>
        <span className="sm soft cut">
          <Prose text={note} />
        </span>
      </button>
      <span className="row sm muted rev-foot">
        {runs.data && all > 0 && (
          <span className="strip" role="img" aria-label={counts.map(([state, count]) => `${count} ${wordOf(lookOf(state)).toLowerCase()}`).join(', ')}>
            {runs.data.runs.map((run) => (
              <i key={run.id} data-state={lookOf(run.state)} style={{ '--w': '8px' } as React.CSSProperties} />
            ))}
          </span>
        )}
        {runs.data && (all > 0 ? (
          <Link className="as-link" to="/flows/$flow/runs" params={{ flow }} search={{ a: String(revision.revision) }}>
            {many(all, 'run')}
          </Link>
        ) : (
          <span>no run</span>
        ))}
        {revision.author && <span className="cut">{revision.author}</span>}
        <span className="grow" />
        {side === null && (
          <button type="button" className="as-link" onClick={() => onPick('a')}>
            Compare with
          </button>
        )}
      </span>
    </div>
  )
}

interface PaneProps {
  flow: string
  a: number
  b: number
  view: View
  revisions: readonly Revision[]
  onView: (view: View) => void
  onRestored: (revision: number) => void
}

function Pane({ flow, a, b, view, revisions, onView, onRestored }: PaneProps) {
  const [before, after] = [useQuery(textQuery(flow, a)), useQuery(textQuery(flow, b))]
  const box = useRef<HTMLDivElement>(null)
  const go = (by: 1 | -1) => () => nextChange(box.current, by)
  useKeys({ n: go(1), p: go(-1) })
  const of = (number: number) => revisions.find((each) => each.revision === number)
  const words = useMemo(() => {
    if (before.data === undefined || after.data === undefined) return ''
    return wordsOfChange(of(a)?.tasks ?? [], of(b)?.tasks ?? [], compareTexts(before.data, after.data))
    // the texts tell when to look again
  }, [before.data, after.data]) // eslint-disable-line
  const python = of(b)?.code !== null
  const error = before.error ?? after.error
  return (
    <div className="rev-pane" ref={box}>
      <div className="toolbar">
        <h2 className="nowrap">{view === 'text' || a === b ? `Revision ${b}` : `Revision ${a} to ${b}`}</h2>
        <span className="soft cut only-wide">{view !== 'text' && a !== b && <Prose text={words} />}</span>
        <span className="grow" />
        <Segments
          label="View"
          value={view}
          onChange={onView}
          choices={[
            { value: 'side' as View, label: 'Side by side', disabled: a === b },
            { value: 'inline' as View, label: 'Inline', disabled: a === b },
            { value: 'text' as View, label: 'Text' },
          ]}
        />
        <IconButton icon="arrow-up" label="Previous change" hint="p" className="only-wide" disabled={view === 'text'} onClick={go(-1)} />
        <IconButton icon="arrow-down" label="Next change" hint="n" className="only-wide" disabled={view === 'text'} onClick={go(1)} />
      </div>
      <div className={view === 'side' && a !== b ? 'rev-heads two' : 'rev-heads'}>
        {view !== 'text' && a !== b && <SideHead flow={flow} letter="A" revision={of(a)} latest={revisions[0]?.revision ?? b} onRestored={onRestored} />}
        <SideHead flow={flow} letter="B" revision={of(b)} latest={revisions[0]?.revision ?? b} onRestored={onRestored} />
      </div>
      {error && (before.data === undefined || after.data === undefined) ? (
        <Failure error={error} again={() => void Promise.all([before.refetch(), after.refetch()])} />
      ) : before.data === undefined || after.data === undefined ? (
        <Skeleton />
      ) : view === 'text' || a === b ? (
        <CodeText text={after.data} label="Text" python={python} />
      ) : (
        <Difference before={before.data} after={after.data} view={view} />
      )}
    </div>
  )
}

/** Goes to the change after the first line that is seen, or to the one before. */
function nextChange(pane: HTMLElement | null, by: 1 | -1): void {
  const scroller = pane?.querySelector<HTMLElement>('.diff')
  if (!scroller) return
  const rows = [...scroller.querySelectorAll<HTMLElement>('[data-change]')].filter((row) => !(row.previousElementSibling instanceof HTMLElement && 'change' in row.previousElementSibling.dataset))
  const top = scroller.getBoundingClientRect().top + 60
  const places = rows.map((row) => row.getBoundingClientRect().top - top)
  const next = by > 0 ? rows[places.findIndex((each) => each > 2)] : rows[places.findLastIndex((each) => each < -2)]
  if (next) scroller.scrollTo({ top: scroller.scrollTop + next.getBoundingClientRect().top - top, behavior: 'instant' })
}

function SideHead({ flow, letter, revision, latest, onRestored }: { flow: string; letter: string; revision: Revision | undefined; latest: number; onRestored: (revision: number) => void }) {
  if (!revision) return null
  return (
    <div className="rev-head">
      <span className="ab" aria-hidden>
        {letter}
      </span>
      <span className="strong nowrap">Revision {revision.revision}</span>
      <span className="sm muted cut">
        <Moment at={revision.created} />
        {revision.revision === latest && ', latest'}
      </span>
      <span className="grow" />
      {revision.revision < latest && <Restore flow={flow} revision={revision.revision} latest={latest} onRestored={onRestored} />}
    </div>
  )
}

function Restore({ flow, revision, latest, onRestored }: { flow: string; revision: number; latest: number; onRestored: (revision: number) => void }) {
  const away = usePresence() === 'away'
  const may = useMay('editor')
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  const act = () => {
    setAsked(false)
    restore(flow, revision)
      .then(async (saved) => {
        await client.invalidateQueries({ queryKey: ['flow', flow] })
        void client.invalidateQueries({ queryKey: FLOWS })
        onRestored(saved.revision)
      })
      .catch((error: unknown) => setFailure(error instanceof Error ? error.message : String(error)))
  }
  return (
    <>
      {failure && (
        <Notice look="failed" role="alert">
          <Prose text={failure} />
        </Notice>
      )}
      <button type="button" className="btn sm" disabled={away || !may} title={may ? undefined : 'Your role may not change flows'} onClick={() => setAsked(true)}>
        Restore as revision {latest + 1}
      </button>
      {asked && (
        <Confirm title={`Restore revision ${revision}`} does={`Restore as revision ${latest + 1}`} onConfirm={act} onClose={() => setAsked(false)}>
          <p>
            The text of revision {revision} is saved as revision {latest + 1}, and the next runs are of it. Revision {latest} stays as it is.
          </p>
        </Confirm>
      )}
    </>
  )
}
