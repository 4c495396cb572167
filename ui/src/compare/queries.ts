import { queryOptions } from '@tanstack/react-query'
import { api, given } from '../api/client'
import type { Change, ComparedTask } from '../model/compare'

/** Two runs, compared. */
export const compareQuery = (before: string, after: string) =>
  queryOptions({
    queryKey: ['compare', before, after],
    queryFn: async ({ signal }) => {
      const found = await given(api.GET('/api/v1/compare', { params: { query: { before, after } }, signal }))
      return {
        ...found,
        tasks: found.tasks as unknown as ComparedTask[],
        facts: found.facts as unknown as Change[],
        inputs: found.inputs as unknown as Change[],
        versions: found.versions as unknown as Change[],
      }
    },
    retry: false,
    staleTime: 0,
  })

export type Compared = Awaited<ReturnType<NonNullable<ReturnType<typeof compareQuery>['queryFn']>>>

/** Runs that one may be compared with. */
export const offeredQuery = (flow: string | undefined, text: string) =>
  queryOptions({
    queryKey: ['runs', 'offered', flow ?? null, text],
    queryFn: async ({ signal }) => (await given(api.GET('/api/v1/runs', { params: { query: { ...(flow && { flow }), ...(text && { text }), limit: 20 } }, signal }))).runs,
  })
