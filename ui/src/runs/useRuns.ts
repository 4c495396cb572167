import { useInfiniteQuery, useQueryClient, type InfiniteData } from '@tanstack/react-query'
import { useState } from 'react'
import { useLiveRuns } from '../api/hooks'
import { runsQuery, type Run, type RunFilters } from '../api/queries'
import type { components } from '../api/schema'
import type { Lineage } from '../model/lineage'

type Pages = InfiniteData<components['schemas']['Runs'], string | null>

/** Runs that match, kept current: rows move in place, and what is new waits until it is asked for. */
export function useRuns(filters: RunFilters) {
  const query = runsQuery(filters)
  const found = useInfiniteQuery(query)
  const client = useQueryClient()
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set())
  const runs = found.data?.pages.flatMap((page) => page.runs) ?? []
  useLiveRuns(({ run }) => {
    const pages = client.getQueryData<Pages>(query.queryKey)
    if (pages === undefined) return
    if (pages.pages.some((page) => page.runs.some((each) => each.id === run.id) || page.lineages?.[run.id])) {
      client.setQueryData<Pages>(query.queryKey, patched(pages, run))
    } else if (mayMatch(run, filters)) {
      setFresh((before) => (before.has(run.id) ? before : new Set(before).add(run.id)))
    }
  })
  const show = () => {
    setFresh(new Set())
    void client.resetQueries({ queryKey: query.queryKey })
  }
  return { runs, found, fresh: fresh.size, show, counts: found.data?.pages[0]?.counts ?? null }
}

/** The lineages with replays of the runs that have been found. */
export function lineagesOf(pages: { pages: readonly components['schemas']['Runs'][] } | undefined): Record<string, Lineage<Run>> {
  const found: Record<string, Lineage<Run>> = {}
  for (const page of pages?.pages ?? []) Object.assign(found, page.lineages)
  return found
}

function patched(pages: Pages, run: Run): Pages {
  const swap = (each: Run): Run => (each.id === run.id ? { ...each, ...run } : each)
  return {
    ...pages,
    pages: pages.pages.map((page) => {
      const lineage = page.lineages?.[run.id]
      return {
        ...page,
        runs: page.runs.map(swap),
        ...(lineage && { lineages: { ...page.lineages, [run.id]: { ...lineage, root: swap(lineage.root) } } }),
      }
    }),
  }
}

/** Whether a run that is not shown may belong here; what only the server can tell counts as a yes. */
function mayMatch(run: Run, filters: RunFilters): boolean {
  const { state, namespace, flow } = filters
  if (state && state.length > 0 && !state.includes(run.state)) return false
  if (namespace && run.namespace !== namespace && !run.namespace.startsWith(`${namespace}.`)) return false
  return !flow || flow === run.flow || flow === `${run.namespace}.${run.flow}`
}
