import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, given } from '../api/client'
import { ALL_RUNS, type Run } from '../api/queries'
import { lookOf, wordOfState } from '../model/looks'

const COUNT = 20

/** The last runs of a flow. */
export const lastRunsQuery = (flow: string) =>
  queryOptions({
    queryKey: [...ALL_RUNS, 'last-of', flow],
    queryFn: async ({ signal }) => (await given(api.GET('/api/v1/runs', { params: { query: { flow, limit: COUNT, top: true } }, signal }))).runs,
  })

/** The last runs of a flow as a strip: what ended well stands on the line, what failed hangs from it; height is duration. */
export function LastRuns({ flow }: { flow: string }) {
  const runs = [...(useQuery(lastRunsQuery(flow)).data ?? [])].reverse()
  if (runs.length === 0) return <span className="wl" aria-hidden />
  const longest = Math.max(...runs.map(seconds), 0.001)
  return (
    <span className="wl" role="img" aria-label={wordsOf(runs)} title={wordsOf(runs)}>
      {runs.map((run) => (
        <i key={run.id} data-state={lookOf(run.state)} style={{ '--h': `${4 + Math.round((6 * seconds(run)) / longest)}px` } as React.CSSProperties} />
      ))}
    </span>
  )
}

const seconds = (run: Run): number => (run.started && run.ended ? (Date.parse(run.ended) - Date.parse(run.started)) / 1000 : 0)

function wordsOf(runs: readonly Run[]): string {
  const counts = new Map<string, number>()
  for (const run of runs) counts.set(run.state, (counts.get(run.state) ?? 0) + 1)
  return `Last ${runs.length} runs: ${[...counts].map(([state, number]) => `${number} ${wordOfState(state).toLowerCase()}`).join(', ')}`
}
