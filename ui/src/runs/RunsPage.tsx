import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useMemo } from 'react'
import { count, many } from '../model/format'
import type { Filters } from '../model/filters'
import { Icon, Segno } from '../parts/marks'
import { Failure, Skeleton } from '../parts/pieces'
import { FilterBar } from './FilterBar'
import { RunsTable } from './RunsTable'
import { useRuns } from './useRuns'

/** All runs that match the filters of the address, the newest first. */
export function RunsPage() {
  const filters = useSearch({ from: '/runs' })
  const navigate = useNavigate({ from: '/runs' })
  const { runs, found, fresh, show, counts } = useRuns(filters)
  useEffect(() => {
    document.title = 'Runs · Dal Segno'
  }, [])
  const set = useMemo(() => (next: Filters) => void navigate({ search: next, replace: true }), [navigate])
  const all = counts && Object.values(counts).reduce((sum, each) => sum + each, 0)
  const narrow = Object.keys(filters).length > 0
  return (
    <>
      <div className="head flat">
        <div className="title">
          <h1>Runs</h1>
          {all !== null && <span className="muted">{narrow ? `${count(all)}${all >= 1000 ? ' or more' : ''} match` : `${count(all)}${all >= 1000 ? ' or more' : ''}`}</span>}
        </div>
      </div>
      <FilterBar filters={filters} set={set}>
        {fresh > 0 && (
          <button type="button" className="pill-new" onClick={show}>
            <Icon name="arrow-up" size={14} />
            {many(fresh, 'new run')}
          </button>
        )}
      </FilterBar>
      {found.error && runs.length === 0 ? (
        <Failure error={found.error} again={() => void found.refetch()} />
      ) : found.isPending ? (
        <Skeleton rows={14} />
      ) : runs.length === 0 ? (
        <Nothing narrow={narrow} />
      ) : (
        <RunsTable runs={runs} more={found.hasNextPage && !found.isFetchingNextPage ? () => void found.fetchNextPage() : undefined} />
      )}
    </>
  )
}

function Nothing({ narrow }: { narrow: boolean }) {
  if (narrow) {
    return (
      <div className="empty">
        <h2>No run matches</h2>
        <Link className="btn" to="/runs" search={{}}>
          Clear filters
        </Link>
      </div>
    )
  }
  return <NoRuns />
}

/** What is said before there is any run. */
export function NoRuns() {
  return (
    <div className="empty">
      <Segno size={44} />
      <h2>No run yet</h2>
      <p className="soft">A run appears here as soon as it starts, and this page shows it without a reload. To start one:</p>
      <pre className="cmd" tabIndex={0}>
        <code>dalsegno run flow.yaml</code>
      </pre>
    </div>
  )
}
