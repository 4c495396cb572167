import { useEffect, useRef, useState } from 'react'
import { usePresence } from '../api/hooks'
import type { RunFilters } from '../api/queries'
import { useMay } from '../api/role'
import { count } from '../model/format'
import { hasEnded } from '../model/looks'
import { Icon, Segno } from '../parts/marks'
import { Acting, type Act } from './Acting'
import { MOST, matching } from './freezing'
import type { Selection } from './useSelection'

interface Props {
  selection: Selection
  filters: RunFilters
  /** How many match, as a list says it; `1000` is as many or more. */
  match: number | null
  replay: () => void
}

/** What can be done to the runs that are selected. */
export function SelectionBar({ selection, filters, match, replay }: Props) {
  const [act, setAct] = useState<Act | null>(null)
  const away = usePresence() === 'away'
  const [operator, editor] = [useMay('operator'), useMay('editor')]
  const runs = [...selection.chosen.values()]
  const live = runs.filter((run) => !hasEnded(run.state)).length
  const fixed = runs.filter((run) => run.fixed_by).length
  const close = (refused: typeof runs | null) => {
    setAct(null)
    if (refused !== null) selection.take(refused, false)
  }
  return (
    <div className="bulkbar" role="region" aria-label="Selected runs">
      <span className="said">
        <b className="strong">{count(runs.length)} selected</b>
        <span className="soft">
          {selection.all && ', all that match'}
          {fixed > 0 && `; ${count(fixed)} ${fixed === 1 ? 'is' : 'are'} fixed already`}
        </span>
      </span>
      {!selection.all && match !== null && match > runs.length && <AllMatching filters={filters} match={match} selection={selection} />}
      <span className="grow" />
      <button type="button" className="btn quiet" onClick={selection.clear}>
        Clear
      </button>
      {operator && (
        <button type="button" className="btn quiet" disabled={away} onClick={() => setAct('label')}>
          <Icon name="tag" />
          Label
        </button>
      )}
      {operator && live > 0 && (
        <button type="button" className="btn quiet danger" disabled={away} onClick={() => setAct('kill')}>
          <Icon name="player-stop" />
          Kill {count(live)}
        </button>
      )}
      {editor && (
        <button type="button" className="btn quiet danger" disabled={away} onClick={() => setAct('delete')}>
          <Icon name="trash" />
          Delete
        </button>
      )}
      {operator && (
        <button type="button" className="btn primary" disabled={away} onClick={replay}>
          <Segno />
          Replay {count(runs.length)}
        </button>
      )}
      {act && <Acting act={act} runs={runs} onClose={close} />}
    </div>
  )
}

/** Reads all that match, once: what comes later is not selected. */
function AllMatching({ filters, match, selection }: Pick<Props, 'filters' | 'selection'> & { match: number }) {
  const [read, setRead] = useState<number | null>(null)
  const [failure, setFailure] = useState<string | null>(null)
  const asked = useRef<AbortController | null>(null)
  useEffect(() => () => asked.current?.abort(), [])
  const take = async () => {
    asked.current = new AbortController()
    setRead(0)
    setFailure(null)
    try {
      const { runs, more } = await matching(filters, setRead, asked.current.signal)
      selection.take(runs, !more)
      if (more) setFailure(`these are the newest ${count(MOST)}: narrow the list to select the others`)
    } catch (error) {
      if (!asked.current.signal.aborted) setFailure(error instanceof Error ? error.message : String(error))
    } finally {
      setRead(null)
    }
  }
  if (read !== null) return <span className="muted" role="status">{`Reading, ${count(read)} so far`}</span>
  return (
    <>
      <button type="button" className="as-link" onClick={() => void take()}>
        Select all {count(match)}
        {match >= 1000 ? ' or more' : ''} that match
      </button>
      {failure && <span className="soft">{failure}</span>}
    </>
  )
}
