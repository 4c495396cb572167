import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo, useRef, useState } from 'react'
import { planQuery, type Run } from '../api/queries'
import { requestOf, type Choices } from '../model/request'
import type { Plan } from '../model/plan'
import { Refused } from '../api/client'
import type { Loaded } from '../run/useRun'
import { useDebounced } from './useDebounced'

/** Gives what the sheet begins with: the latest revision where that is newer, and what was asked for. */
export function beginning(head: Run, starts: string[], latest: number | undefined): Choices {
  return {
    mode: starts.length > 0 ? 'task' : head.state === 'SUCCESS' ? 'all' : 'failed',
    starts,
    alone: false,
    until: [],
    skip: [],
    revision: latest ?? head.revision,
    inputs: {},
    acknowledge: [],
    freshClock: false,
    reason: '',
  }
}

/** How long nothing has to be typed before a plan is asked for, in milliseconds. */
const PAUSE = 150

/** The plan of what is chosen, drawn anew as that changes; the last good one stays until then. */
export function usePlan(head: Run, choices: Choices, text?: string) {
  const request = useMemo(() => requestOf(head.id, choices), [head.id, choices])
  const settled = useDebounced(request, PAUSE)
  const written = useDebounced(text, PAUSE)
  const drawn = useQuery({ ...planQuery(settled, written), placeholderData: keepPreviousData })
  const good = useRef<Plan | undefined>(undefined)
  if (drawn.data) good.current = drawn.data
  const refused = drawn.error instanceof Refused ? drawn.error.problem : null
  const waits = settled !== request || written !== text
  return {
    request,
    text,
    plan: drawn.data ?? good.current,
    /** Whether what is shown is the plan of what is chosen. */
    current: drawn.data !== undefined && !drawn.isPlaceholderData && !waits,
    drawing: drawn.isFetching || waits,
    refusals: refused ? (refused.refusals ?? [{ code: refused.code, message: refused.message, address: null, closest: [] }]) : (drawn.data?.refusals ?? []),
    /** What is wrong with the text of the flow. */
    problems: refused?.problems ?? [],
    error: refused ? null : drawn.error,
    again: drawn.refetch,
  }
}

/** The names of the tasks that hold others, which are counted in no plan. */
export const useGroups = (loaded: Loaded): ReadonlySet<string> =>
  useMemo(() => new Set(loaded.latest?.nodes.filter((node) => node.kind !== 'work').map((node) => node.id)), [loaded.latest])

/** The fields of a request, and a way to change some of them. */
export function useChoices(first: Choices) {
  const [choices, set] = useState(first)
  const change = (some: Partial<Choices>) => set((before) => ({ ...before, ...some }))
  return [choices, change] as const
}
