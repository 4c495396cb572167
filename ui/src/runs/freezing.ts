import { api, given } from '../api/client'
import type { Run, RunFilters } from '../api/queries'

/** No more runs than these are selected at once. */
export const MOST = 10_000
const PAGE = 500

/** Reads all runs that match at this moment, page by page: what comes later is not among them. */
export async function matching(filters: RunFilters, told: (count: number) => void, signal: AbortSignal): Promise<{ runs: Run[]; more: boolean }> {
  const runs: Run[] = []
  let cursor: string | null = null
  do {
    const query: RunFilters = { ...filters, limit: PAGE, ...(cursor !== null && { cursor }) }
    const page: { runs: Run[]; next?: string | null } = await given(api.GET('/api/v1/runs', { params: { query }, signal }))
    runs.push(...page.runs)
    cursor = page.next ?? null
    told(runs.length)
  } while (cursor !== null && runs.length < MOST)
  return { runs, more: cursor !== null }
}
