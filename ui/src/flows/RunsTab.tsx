import { useRuns } from '../runs/useRuns'
import { RunsTable } from '../runs/RunsTable'
import { many } from '../model/format'
import { Empty, Failure, Segments, Skeleton } from '../parts/pieces'
import { flowRoute } from '../router'
import { Link } from '@tanstack/react-router'
import { Icon } from '../parts/marks'
import { useFlowSearch } from './useFlowSearch'

const VIEWS = [
  { value: 'all', label: 'All', state: undefined },
  { value: 'failed', label: 'Failed', state: ['FAILED'] },
  { value: 'running', label: 'Running', state: ['RUNNING', 'QUEUED', 'CREATED', 'RETRYING', 'PAUSED'] },
  { value: 'success', label: 'Success', state: ['SUCCESS', 'WARNING'] },
] as const

/** The runs of a flow, live. */
export function RunsTab() {
  const { flow } = flowRoute.useParams()
  const [{ view = 'all', a }, change] = useFlowSearch()
  const chosen = VIEWS.find((each) => each.value === view) ?? VIEWS[0]
  const { runs, found, fresh, show } = useRuns({ flow, limit: 100, ...(chosen.state && { state: [...chosen.state] }), ...(a !== undefined && { revision: Number(a) }) })
  return (
    <>
      <div className="toolbar filters">
        <Segments
          label="State"
          value={chosen.value}
          choices={VIEWS.map(({ value, label }) => ({ value, label }))}
          onChange={(value) => change({ view: value === 'all' ? undefined : value }, { replace: true })}
        />
        {a !== undefined && (
          <span className="chip">
            Revision <b className="strong">{a}</b>
            <button type="button" className="chip-x" aria-label="Remove filter Revision" onClick={() => change({ a: undefined })}>
              <Icon name="x" size={12} />
            </button>
          </span>
        )}
        {fresh > 0 && (
          <button type="button" className="pill-new" onClick={show}>
            {many(fresh, 'new run')}
          </button>
        )}
        <span className="grow" />
        <Link className="link sm" to="/runs" search={{ flow }}>
          With all filters
        </Link>
      </div>
      {found.error && !found.data ? (
        <Failure error={found.error} again={() => void found.refetch()} />
      ) : !found.data ? (
        <Skeleton rows={12} />
      ) : runs.length === 0 ? (
        <Empty title={chosen.value === 'all' && a === undefined ? 'It has not run yet' : 'No run matches'}>
          {chosen.value === 'all' && a === undefined && (
            <p>
              <b className="strong">Run</b> at the top starts it; its runs are listed here.
            </p>
          )}
        </Empty>
      ) : (
        <RunsTable runs={runs} more={found.hasNextPage && !found.isFetchingNextPage ? () => void found.fetchNextPage() : undefined} />
      )}
    </>
  )
}
