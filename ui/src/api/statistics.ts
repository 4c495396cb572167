import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api, given } from './client'
import type { components, paths } from './schema'

export type Figures = components['schemas']['FiguresShown']
export type FailingFlow = components['schemas']['FailingFlowShown']
export type TaskCount = components['schemas']['TaskCountShown']
type Wanted = NonNullable<paths['/api/v1/statistics']['get']['parameters']['query']>

export const STATISTICS = ['statistics'] as const

const told = Intl.DateTimeFormat().resolvedOptions().timeZone

/** The reader's time zone: days are those of the calendar there. A browser that keeps it to itself names none that there is. */
const zone = !told || told === 'Etc/Unknown' ? 'UTC' : told

export const statisticsQuery = (wanted: Wanted) =>
  queryOptions({
    queryKey: [...STATISTICS, 'periods', wanted],
    queryFn: ({ signal }) => given(api.GET('/api/v1/statistics', { params: { query: { zone, ...wanted } }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  })

export const failingQuery = (since: string) =>
  queryOptions({
    queryKey: [...STATISTICS, 'failing', since],
    queryFn: async ({ signal }) => (await given(api.GET('/api/v1/statistics/failing', { params: { query: { since } }, signal }))).flows,
  })

/** How many task runs of each run are in which state. */
export const taskCountsQuery = (runs: readonly string[]) =>
  queryOptions({
    queryKey: [...STATISTICS, 'tasks', runs],
    queryFn: async ({ signal }) => (await given(api.GET('/api/v1/statistics/tasks', { params: { query: { run: [...runs] } }, signal }))).runs,
    enabled: runs.length > 0,
    staleTime: 10_000,
  })
