import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { flowQuery, ganttQuery, lineageQuery, planOfQuery, runGraphQuery, shownQuery, type Run } from '../api/queries'
import { hasEnded } from '../model/looks'
import { heldSince, NO_WAITS, stopsOf, waitsOf } from '../model/waits'
import { treeOf, type Planned } from '../model/tree'
import { useUnbegun } from './useUnbegun'

/** All that the parts of a run's page share. Everything is asked for once, whichever part asks first. */
export function useRun(run: string) {
  const gantt = useQuery(ganttQuery(run))
  const lineage = useQuery(lineageQuery(run))
  const live = gantt.data !== undefined && !hasEnded(gantt.data.state)
  const shown = useQuery({ ...shownQuery(run), enabled: live })
  const waits = shown.data && gantt.data?.state === 'PAUSED' ? waitsOf(shown.data) : NO_WAITS
  const seen = useMemo(() => (gantt.data ? { ...gantt.data, bars: heldSince(gantt.data.bars, waits) } : undefined), [gantt.data, waits])
  const head = lineage.data?.find((each) => each.id === gantt.data?.id)
  const name = head && flowNameOf(head)
  const flow = useQuery({ ...flowQuery(name ?? '', head?.revision), enabled: head !== undefined })
  const called = flow.data?.nodes.some((node) => node.type.startsWith('python.')) ?? false
  const own = useQuery({ ...runGraphQuery(run), enabled: called })
  const drawn = useMemo(() => flow.data && { ...flow.data, ...own.data }, [flow.data, own.data])
  const latest = useQuery({ ...flowQuery(name ?? ''), enabled: head !== undefined })
  return {
    gantt: seen,
    /** What a run that is paused waits for; nothing where a person had it paused. */
    waits,
    request: shown.data?.request ?? null,
    head,
    lineage: lineage.data ?? [],
    /** The revision that the run is of, with the run's own graph. */
    flow: drawn,
    latest: latest.data,
    error: gantt.error ?? lineage.error,
    again: () => void Promise.all([gantt.refetch(), lineage.refetch()]),
    live,
  }
}

export type Loaded = ReturnType<typeof useRun>

export const flowNameOf = (run: Run): string => `${run.namespace}.${run.flow}`

const NONE: readonly Planned[] = []

/** What a run's plan says of what is still to come, with the breakpoints as they were amended. */
export function usePlanned(run: string, loaded: Loaded): readonly Planned[] {
  const plan = useQuery(planOfQuery(run)).data
  const { request, live } = loaded
  return useMemo(() => (plan === undefined ? NONE : live ? stopsOf(plan.decisions, request) : plan.decisions), [plan, request, live])
}

/** The rows of a run, and the names of the tasks that hold others. */
export function useTree(run: string, loaded: Loaded) {
  const planned = usePlanned(run, loaded)
  const { gantt, flow, live } = loaded
  const unbegun = useUnbegun(run, gantt !== undefined && (gantt.state === 'FAILED' || gantt.state === 'KILLED'))
  return useMemo(
    () => (gantt === undefined ? [] : treeOf(gantt.bars, flow?.nodes ?? [], planned, !live, unbegun)),
    [gantt, flow, planned, live, unbegun],
  )
}
