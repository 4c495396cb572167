import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useMemo } from 'react'
import { useLiveRuns } from '../api/hooks'
import { seldom } from '../api/live'
import { STATISTICS, statisticsQuery } from '../api/statistics'
import { outcomesOf } from '../model/chart'
import { count } from '../model/format'
import { hasEnded } from '../model/looks'
import { Mark } from '../parts/marks'
import { Failure, Segments, Skeleton } from '../parts/pieces'
import { DurationChart, FiguresTable, RunsChart } from './Chart'

export type Back = '24h' | '14d' | '90d'
const WANTED = { '24h': { by: 'hour', since: '23h' }, '14d': { by: 'day', since: '13d' }, '90d': { by: 'day', since: '89d' } } as const
const WORDS: Record<Back, string> = { '24h': 'Last 24 hours', '14d': 'Last 14 days', '90d': 'Last 90 days' }
/** How often figures are asked for again at most, in milliseconds. */
const APART = 5000

/** Success and duration over time, drawn or as a table. */
export function Statistics() {
  const { back = '14d', table } = useSearch({ from: '/' })
  const navigate = useNavigate({ from: '/' })
  const found = useQuery(statisticsQuery(WANTED[back]))
  useCurrentFigures()
  const total = found.data && { ...outcomesOf(found.data.total), fixed: found.data.total.fixed }
  return (
    <section className="block" aria-busy={found.isFetching}>
      <header className="figures-head">
        <h2>{WORDS[back]}</h2>
        <span className="grow" />
        {total && (
          <span className="row sm soft only-wide">
            <Mark look="success" />
            {count(total.well)} success
            <Mark look="failed" />
            {count(total.failed)} failed{total.fixed > 0 && `, ${count(total.fixed)} of them fixed`}
          </span>
        )}
        <Segments
          label="Shown as"
          value={table ? 'table' : 'chart'}
          choices={[
            { value: 'chart', label: 'Chart' },
            { value: 'table', label: 'Table' },
          ]}
          onChange={(value) => void navigate({ search: (before) => ({ ...before, table: value === 'table' ? true : undefined }), replace: true })}
        />
        <Segments
          label="How far back"
          value={back}
          choices={[
            { value: '24h', label: '24 h' },
            { value: '14d', label: '14 d' },
            { value: '90d', label: '90 d' },
          ]}
          onChange={(value) => void navigate({ search: (before) => ({ ...before, back: value === '14d' ? undefined : value }), replace: true })}
        />
      </header>
      {found.error && !found.data ? (
        <Failure error={found.error} again={() => void found.refetch()} />
      ) : !found.data ? (
        <Skeleton rows={6} />
      ) : table ? (
        <FiguresTable periods={found.data.periods} by={found.data.by} />
      ) : (
        <div className="charts">
          <h3>{found.data.by === 'hour' ? 'Runs an hour' : 'Runs a day'}</h3>
          <RunsChart periods={found.data.periods} by={found.data.by} />
          <h3 className="row">
            Duration
            <span className="key">
              <i className="k1" /> half took less <i className="k2" /> 95 % took less
            </span>
          </h3>
          <DurationChart periods={found.data.periods} by={found.data.by} />
        </div>
      )}
    </section>
  )
}

/** Asks for figures again when runs have ended, now and then. */
export function useCurrentFigures(): void {
  const client = useQueryClient()
  const again = useMemo(() => seldom(() => client.invalidateQueries({ queryKey: STATISTICS, predicate: ({ queryKey }) => queryKey[1] !== 'tasks' }), APART), [client])
  useEffect(() => again.cancel, [again])
  useLiveRuns(({ run }) => {
    if (hasEnded(run.state)) again()
  })
}
