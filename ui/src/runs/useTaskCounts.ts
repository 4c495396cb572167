import { useQueries, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useRef } from 'react'
import { useLiveRuns } from '../api/hooks'
import { seldom } from '../api/live'
import { STATISTICS, taskCountsQuery, type TaskCount } from '../api/statistics'

/** So many runs are asked for at once. */
const AT_ONCE = 50
/** How often what moves is counted again at most, in milliseconds. */
const APART = 1500

/** How many task runs of each run are in which state; groups of runs are asked for as they come. */
export function useTaskCounts(groups: readonly (readonly string[])[], wanted: boolean): ReadonlyMap<string, readonly TaskCount[]> {
  const parts = wanted ? groups.flatMap((ids) => Array.from({ length: Math.ceil(ids.length / AT_ONCE) }, (_, at) => ids.slice(at * AT_ONCE, (at + 1) * AT_ONCE))) : []
  const found = useQueries({ queries: parts.map((ids) => taskCountsQuery(ids)) })
  useCurrent(wanted)
  const stamp = found.map((each) => each.dataUpdatedAt).join()
  // one map for all rows, made anew only when an answer has come
  return useMemo(() => new Map(found.flatMap((each) => Object.entries(each.data ?? {}))), [stamp]) // eslint-disable-line
}

/** Counts again what has moved, now and then. */
function useCurrent(wanted: boolean): void {
  const client = useQueryClient()
  const moved = useRef(new Set<string>())
  const again = useMemo(
    () =>
      seldom(() => {
        const runs = moved.current
        moved.current = new Set()
        return client.invalidateQueries({
          queryKey: [...STATISTICS, 'tasks'],
          predicate: ({ queryKey }) => (queryKey[2] as readonly string[]).some((id) => runs.has(id)),
        })
      }, APART),
    [client],
  )
  useEffect(() => again.cancel, [again])
  useLiveRuns(({ run }) => {
    moved.current.add(run.id)
    again()
  }, wanted)
}
