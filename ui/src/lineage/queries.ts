import { queryOptions } from '@tanstack/react-query'
import { api, given } from '../api/client'
import { ofRun } from '../api/queries'
import type { components } from '../api/schema'

export type Did = components['schemas']['Did']

/** The runs of a lineage, with what each did. */
export const didQuery = (run: string) =>
  queryOptions({
    queryKey: [...ofRun(run), 'lineage', 'did'],
    queryFn: ({ signal }) => given(api.GET('/api/v1/runs/{run}/lineage', { params: { path: { run }, query: { did: true } }, signal })),
    staleTime: 0,
  })

/** The runs that the tasks of a run called. */
export const calledQuery = (run: string) =>
  queryOptions({
    queryKey: [...ofRun(run), 'called'],
    queryFn: async ({ signal }) => (await given(api.GET('/api/v1/runs', { params: { query: { parent: run, limit: 200 } }, signal }))).runs,
  })

/** A run by its id: what called another one. */
export const callerQuery = (run: string) =>
  queryOptions({
    queryKey: [...ofRun(run), 'head'],
    queryFn: async ({ signal }) => {
      const { runs } = await given(api.GET('/api/v1/runs/{run}/lineage', { params: { path: { run } }, signal }))
      return runs.find((each) => each.id === run) ?? null
    },
  })
