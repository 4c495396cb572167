import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import { planQuery, type Run } from '../api/queries'
import { askedBy, askText } from '../model/asked'
import { requestOf, type Choices } from '../model/request'
import { groupsOf } from '../model/graph'
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
    taskInputs: {},
    pins: {},
    breakpoints: [],
    acknowledge: [],
    keepEffects: false,
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
  useMemo(() => groupsOf(loaded.latest?.nodes ?? []), [loaded.latest])

interface Address {
  starts: string[]
  latest: number
  ask: string | undefined
  onAsk: (starts: string[], ask: string | undefined) => void
}

/** The fields of a request, read from the address when the sheet opens and kept there as they change. */
export function useAsked(head: Run, { starts, latest, ask, onAsk }: Address) {
  const [first] = useState(() => beginning(head, starts, latest))
  const [choices, change] = useChoices(() => askedBy(ask, first))
  const settled = useDebounced(choices, PAUSE)
  const tell = useRef(onAsk)
  tell.current = onAsk
  const told = useRef(choices)
  useEffect(() => {
    if (settled === told.current) return
    told.current = settled
    tell.current(settled.starts, askText(settled, first))
  }, [settled, first])
  return [choices, change] as const
}

/** The fields of a request, and a way to change some of them. */
export function useChoices(first: Choices | (() => Choices)) {
  const [choices, set] = useState(first)
  const change = (some: Partial<Choices>) => set((before) => ({ ...before, ...some }))
  return [choices, change] as const
}
