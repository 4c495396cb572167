import { useQueries, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useMemo, useState } from 'react'
import { useLiveRuns } from '../api/hooks'
import { lineageQuery, ofRun, type Run } from '../api/queries'
import { count, many } from '../model/format'
import { isNarrow, type Filters } from '../model/filters'
import { flatRows, foldedRows, openRoots, type RunRow } from '../model/lineage'
import { useKeys } from '../parts/keys'
import { Icon, Segno } from '../parts/marks'
import { Failure, Segments, Skeleton } from '../parts/pieces'
import { useColumns } from './columns'
import { Columns } from './Columns'
import { FilterBar } from './FilterBar'
import { RunsGrid } from './RunsTable'
import { SelectionBar } from './SelectionBar'
import { lineagesOf, useRuns } from './useRuns'
import { useSelection } from './useSelection'
import { useTaskCounts } from './useTaskCounts'

/** How many runs a link to a bulk replay names; more are named by their filter. */
const NAMED = 200

/** All runs that match the filters of the address, the newest first. */
export function RunsPage() {
  const { flat, ...filters } = useSearch({ from: '/runs' })
  const navigate = useNavigate({ from: '/runs' })
  const list = useRuns({ ...filters, lineages: true })
  const { runs, found, fresh, show, counts } = list
  const [columns, turnColumn] = useColumns()
  const { rows, fold, members } = useRows(list, flat === true)
  const selection = useSelection(rows)
  const groups = useMemo(() => [runs.map((run) => run.id), ...[...members.values()].map((each) => each.map((run) => run.id))], [runs, members])
  const taskCounts = useTaskCounts(groups, columns.includes('tasks'))
  useEffect(() => {
    document.title = 'Runs · Dal Segno'
  }, [])
  const set = (next: Filters) => void navigate({ search: { ...next, ...(flat && { flat }) }, replace: true })
  const match = counts && Object.values(counts).reduce((sum, each) => sum + each, 0)
  const replay = () => {
    const chosen = [...selection.chosen.values()]
    const named = !selection.all || chosen.length <= NAMED
    void navigate({ to: '/bulk-replays/new', search: named ? { run: chosen.map((run) => run.name) } : { ...filters, until: filters.until ?? new Date().toISOString() } })
  }
  useKeys(selection.chosen.size > 0 ? { r: replay } : {})
  return (
    <>
      <div className="head flat">
        <div className="title">
          <h1>Runs</h1>
          {match !== null && match > 0 && <span className="muted">{`${count(match)}${match >= 1000 ? ' or more' : ''}${isNarrow(filters) ? ' match' : ''}`}</span>}
          <div className="actions">
            <Segments
              label="Lineages"
              value={flat ? 'flat' : 'folded'}
              choices={[
                { value: 'folded', label: 'By lineage' },
                { value: 'flat', label: 'Each run' },
              ]}
              onChange={(value) => void navigate({ search: { ...filters, ...(value === 'flat' && { flat: true }) }, replace: true })}
            />
            <Columns chosen={columns} turn={turnColumn} />
          </div>
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
        <Nothing narrow={isNarrow(filters)} />
      ) : (
        <RunsGrid
          rows={rows}
          columns={columns}
          counts={taskCounts}
          selection={selection}
          fold={flat ? undefined : fold}
          more={found.hasNextPage && !found.isFetchingNextPage ? () => void found.fetchNextPage() : undefined}
        />
      )}
      {selection.chosen.size > 0 && <SelectionBar selection={selection} filters={filters} match={match} replay={replay} />}
    </>
  )
}

const NO_RUNS: ReadonlyMap<string, readonly Run[]> = new Map()

/** The rows of the list, and all runs of the lineages that are open. */
function useRows({ runs, found }: ReturnType<typeof useRuns>, flat: boolean): { rows: RunRow<Run>[]; fold: (root: string, open: boolean) => void; members: ReadonlyMap<string, readonly Run[]> } {
  const [turned, setTurned] = useState<ReadonlyMap<string, boolean>>(new Map())
  const lineages = useMemo(() => lineagesOf(found.data), [found.data])
  const roots = flat ? [] : openRoots(foldedRows(runs, { lineages, turned, members: NO_RUNS }))
  const asked = useQueries({ queries: roots.map((root) => lineageQuery(root)) })
  const client = useQueryClient()
  useLiveRuns(({ run }) => {
    if (roots.includes(run.root)) void client.invalidateQueries({ queryKey: [...ofRun(run.root), 'lineage'] })
  })
  const stamp = asked.map((each) => each.dataUpdatedAt).join()
  const members = useMemo(
    () => new Map(roots.flatMap((root, at) => (asked[at]?.data ? [[root, asked[at].data] as const] : []))),
    [roots.join(), stamp], // eslint-disable-line
  )
  const rows = useMemo(() => (flat ? flatRows(runs) : foldedRows(runs, { lineages, turned, members })), [found.data, flat, lineages, turned, members]) // eslint-disable-line
  const fold = useMemo(() => (root: string, open: boolean) => setTurned((before) => new Map(before).set(root, open)), [])
  return { rows, fold, members }
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
