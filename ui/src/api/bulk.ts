import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { jobMoves, type BulkJob, type BulkRow, type BulkWanted, type RowState } from '../model/bulk'
import { api, given } from './client'

export const JOBS = ['bulk-replays'] as const
/** How often what moves is asked for, in milliseconds. */
const LOOK = 1000
const PAGE = 50

const path = (job: string) => ({ path: { job } })

export const previewQuery = (body: BulkWanted) =>
  queryOptions({
    queryKey: ['bulk-preview', body],
    queryFn: ({ signal }) => given(api.POST('/api/v1/bulk-replays/preview', { body: body as never, signal })),
    placeholderData: keepPreviousData,
    enabled: body.runs !== undefined && body.runs.length > 0,
    retry: false,
    gcTime: 30_000,
  })

export const createJob = (body: BulkWanted, key: string) =>
  given(api.POST('/api/v1/bulk-replays', { body: body as never, params: { header: { 'Idempotency-Key': key } } as never }))

export const jobsQuery = infiniteQueryOptions({
  queryKey: [...JOBS, 'list'],
  queryFn: async ({ signal, pageParam }) =>
    (await given(api.GET('/api/v1/bulk-replays', { params: { query: { limit: PAGE, ...(pageParam !== null && { before: pageParam }) } }, signal }))).bulk_replays,
  initialPageParam: null as string | null,
  getNextPageParam: (last) => (last.length < PAGE ? null : (last.at(-1)?.id ?? null)),
  refetchInterval: ({ state }) => (state.data?.pages.flat().some(jobMoves) ? 2 * LOOK : false),
})

export const jobQuery = (job: string) =>
  queryOptions({
    queryKey: [...JOBS, 'job', job],
    queryFn: ({ signal }) => given(api.GET('/api/v1/bulk-replays/{job}', { params: path(job), signal })),
    refetchInterval: ({ state }) => (state.data && jobMoves(state.data) ? LOOK : state.data ? 5 * LOOK : false),
  })

/** The first runs of a job of which something has become; `stamp` is another one whenever something has moved. */
export const rowsQuery = (job: string, states: readonly RowState[], limit: number, stamp: string) =>
  queryOptions({
    queryKey: [...JOBS, 'rows', job, states, limit, stamp],
    queryFn: async ({ signal }) =>
      (await given(api.GET('/api/v1/bulk-replays/{job}/rows', { params: { ...path(job), query: { limit, ...(states.length > 0 && { state: [...states] }) } }, signal }))).rows,
    placeholderData: keepPreviousData,
    gcTime: 10_000,
  })

/** All runs of a job. */
export async function allRows(job: string): Promise<BulkRow[]> {
  const found: BulkRow[] = []
  for (let after = -1; ; ) {
    const { rows } = await given(api.GET('/api/v1/bulk-replays/{job}/rows', { params: { ...path(job), query: { after, limit: 10_000 } } }))
    found.push(...rows)
    const last = rows.at(-1)
    if (last === undefined || rows.length < 10_000) return found
    after = last.position
  }
}

export type Said = 'pause' | 'resume' | 'approve' | 'abort' | 'kill'

/** Says something to a job; `kill` aborts it, and stops what is under way. */
export function tell(job: string, said: Said): Promise<BulkJob> {
  if (said === 'pause') return given(api.POST('/api/v1/bulk-replays/{job}/pause', { params: path(job) }))
  if (said === 'resume') return given(api.POST('/api/v1/bulk-replays/{job}/resume', { params: path(job) }))
  if (said === 'approve') return given(api.POST('/api/v1/bulk-replays/{job}/approve', { params: path(job) }))
  return given(api.POST('/api/v1/bulk-replays/{job}/abort', { params: path(job), body: { kill: said === 'kill' } }))
}
