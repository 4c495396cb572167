import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { flowQuery, ganttQuery, lineageQuery, planOfQuery, type Run } from '../api/queries'
import { hasEnded } from '../model/looks'
import { treeOf } from '../model/tree'
import { useUnbegun } from './Unbegun'

/** All that the parts of a run's page share. Everything is asked for once, whichever part asks first. */
export function useRun(run: string) {
  const gantt = useQuery(ganttQuery(run))
  const lineage = useQuery(lineageQuery(run))
  const head = lineage.data?.find((each) => each.id === gantt.data?.id)
  const name = head && flowNameOf(head)
  const flow = useQuery({ ...flowQuery(name ?? '', head?.revision), enabled: head !== undefined })
  const latest = useQuery({ ...flowQuery(name ?? ''), enabled: head !== undefined })
  return {
    gantt: gantt.data,
    head,
    lineage: lineage.data ?? [],
    flow: flow.data,
    latest: latest.data,
    error: gantt.error ?? lineage.error,
    again: () => void Promise.all([gantt.refetch(), lineage.refetch()]),
    live: gantt.data !== undefined && !hasEnded(gantt.data.state),
  }
}

export type Loaded = ReturnType<typeof useRun>

export const flowNameOf = (run: Run): string => `${run.namespace}.${run.flow}`

/** The rows of a run, and the names of the tasks that hold others. */
export function useTree(run: string, loaded: Loaded) {
  const plan = useQuery(planOfQuery(run))
  const { gantt, flow, live } = loaded
  const unbegun = useUnbegun(run, gantt !== undefined && (gantt.state === 'FAILED' || gantt.state === 'KILLED'))
  return useMemo(
    () => (gantt === undefined ? [] : treeOf(gantt.bars, flow?.nodes ?? [], plan.data?.decisions ?? [], !live, unbegun)),
    [gantt, flow, plan.data, live, unbegun],
  )
}
