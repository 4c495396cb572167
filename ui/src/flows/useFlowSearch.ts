import { useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'
import { flowRoute, type FlowSearch } from '../router'

/** What the address of a flow's page says, and a way to change some of it, whichever tab is open; what is empty is left out. */
export function useFlowSearch() {
  const search = flowRoute.useSearch()
  const navigate = useNavigate()
  const change = useCallback(
    (some: Partial<Record<keyof FlowSearch, string | undefined>>, { replace = false } = {}) => {
      const next = (before: FlowSearch): FlowSearch => Object.fromEntries(Object.entries({ ...before, ...some }).filter(([, value]) => value !== undefined && value !== ''))
      void navigate({ to: '.', search: next as never, replace, resetScroll: false })
    },
    [navigate],
  )
  return [search, change] as const
}
