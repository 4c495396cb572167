import { queryOptions } from '@tanstack/react-query'
import { api, given } from '../api/client'
import { FLOWS } from '../api/queries'
import type { components } from '../api/schema'

export type Revision = components['schemas']['Revision']
export type ListedFlow = components['schemas']['Flow']
export type LastRun = components['schemas']['LastRun']

/** How many of the last runs of a flow are shown. */
export const LAST = 12

/** All flows, each with its last runs. */
export const flowsWithRunsQuery = queryOptions({
  queryKey: [...FLOWS, 'runs'],
  queryFn: async ({ signal }) => {
    const found: ListedFlow[] = []
    for (let after: string | null = ''; after !== null; ) {
      const page: components['schemas']['Flows'] = await given(api.GET('/api/v1/flows', { params: { query: { limit: 200, after, runs: LAST } }, signal }))
      found.push(...page.flows)
      after = page.next
    }
    return found
  },
})

/** The lines of flows that have a text in them. */
export const foundQuery = (text: string) =>
  queryOptions({
    queryKey: [...FLOWS, 'found', text],
    queryFn: async ({ signal }) => (await given(api.GET('/api/v1/flows/search', { params: { query: { text, limit: 200 } }, signal }))).flows,
    enabled: text.trim().length > 1,
  })

/** The steps of a pipeline at a revision, as they are written. */
export const stepsQuery = (flow: string, revision: number) =>
  queryOptions({
    queryKey: ['flow', flow, 'steps', revision],
    queryFn: async ({ signal }) => (await given(api.GET('/api/v1/flows/{flow}/steps', { params: { path: { flow }, query: { revision } }, signal }))).steps,
    staleTime: Infinity,
  })

/** The newest runs of one revision, and how many there are of each state. */
export const runsOfRevisionQuery = (flow: string, revision: number) =>
  queryOptions({
    queryKey: ['runs', 'of-revision', flow, revision],
    queryFn: ({ signal }) => given(api.GET('/api/v1/runs', { params: { query: { flow, revision, limit: LAST, counts: true } }, signal })),
  })

/** What a type of tasks is, what it takes and what it gives. */
export const typeQuery = (name: string) =>
  queryOptions({
    queryKey: ['task-type', name],
    queryFn: ({ signal }) => given(api.GET('/api/v1/task-types/{name}', { params: { path: { name } }, signal })),
    staleTime: Infinity,
    retry: false,
  })

/** Saves a text: as that of a flow, if its newest revision is the one that is expected, or as a new flow. */
export const saveText = (flow: string | null, text: string, expected: number) => {
  const body = { text, expected_revision: expected } as never
  return flow === null ? given(api.POST('/api/v1/flows', { body })) : given(api.PUT('/api/v1/flows/{flow}', { params: { path: { flow } }, body }))
}

const at = (flow: string) => ({ params: { path: { flow } } })

export const switchOff = (flow: string) => given(api.POST('/api/v1/flows/{flow}/disable', at(flow)))
export const switchOn = (flow: string) => given(api.POST('/api/v1/flows/{flow}/enable', at(flow)))
export const remove = (flow: string) => given(api.DELETE('/api/v1/flows/{flow}', at(flow)))

/** Runs a flow with some inputs; sent again after a broken connection it is still one run. */
export const runFlow = (flow: string, inputs: Record<string, unknown>, reason: string, key: string) =>
  given(
    api.POST('/api/v1/runs', {
      body: { flow, request: { inputs, ...(reason.trim() !== '' && { reason: reason.trim() }) } } as never,
      params: { header: { 'Idempotency-Key': key } },
    }),
  )
