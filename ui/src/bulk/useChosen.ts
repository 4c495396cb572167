import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Filters } from '../model/filters'
import { matching, MOST } from '../runs/freezing'

/** Which runs a bulk replay is about: those that are named, or all that match a filter at the moment of reading. */
export function useChosen(named: readonly string[], filters: Filters) {
  const client = useQueryClient()
  const [read, setRead] = useState(0)
  const key = ['bulk-chosen', filters]
  const found = useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => ({ ...(await matching(filters, setRead, signal)), at: new Date() }),
    enabled: named.length === 0,
    // what was read stays as it is until it is read again
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
    refetchOnReconnect: false,
  })
  if (named.length > 0) return { runs: named, at: null, more: null, reading: null, error: null, again: () => undefined }
  return {
    runs: found.data?.runs.map((run) => run.id) ?? [],
    at: found.data?.at ?? null,
    /** Whether more match than are taken at once. */
    more: found.data?.more ? MOST : null,
    reading: found.isFetching ? read : null,
    error: found.error,
    again: () => void client.resetQueries({ queryKey: key }),
  }
}
