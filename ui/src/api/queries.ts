import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { InputField } from '../model/inputs'
import type { Asked } from '../model/request'
import { compiledTasks } from '../model/given'
import type { FlowEdge, FlowNode } from '../model/graph'
import { barsOf } from '../model/tree'
import { api, given } from './client'
import type { components, paths } from './schema'

export type Run = components['schemas']['Run']
export type TaskRun = components['schemas']['WholeTaskRun']
export type Attempt = components['schemas']['Attempt']
export type LogLine = components['schemas']['Line']
export type RunFilters = NonNullable<paths['/api/v1/runs']['get']['parameters']['query']>

/** The keys of all that is asked about one run. */
export const ofRun = (run: string) => ['run', run] as const
export const ALL_RUNS = ['runs'] as const

const path = (run: string) => ({ path: { run } })

/** When each task run of a run ran; it also tells the run's id, whatever it was asked by. */
export const ganttQuery = (run: string) =>
  queryOptions({
    queryKey: [...ofRun(run), 'gantt'],
    queryFn: async ({ signal }) => {
      const found = await given(api.GET('/api/v1/runs/{run}/gantt', { params: path(run), signal }))
      return { id: found.run, state: found.state, started: found.started, ended: found.ended, bars: barsOf(found.columns, found.bars) }
    },
  })

/** A run and its relatives: the root of its lineage first. */
export const lineageQuery = (run: string) =>
  queryOptions({
    queryKey: [...ofRun(run), 'lineage'],
    queryFn: async ({ signal }) => (await given(api.GET('/api/v1/runs/{run}/lineage', { params: path(run), signal }))).runs,
    // a replay that has ended a moment ago may have fixed it
    staleTime: 0,
  })

export const planOfQuery = (run: string) =>
  queryOptions({
    queryKey: [...ofRun(run), 'plan'],
    queryFn: ({ signal }) => given(api.GET('/api/v1/runs/{run}/plan', { params: path(run), signal })),
    staleTime: Infinity,
  })

export const taskRunQuery = (run: string, address: string) =>
  queryOptions({
    queryKey: [...ofRun(run), 'task-run', address],
    queryFn: ({ signal }) =>
      given(api.GET('/api/v1/runs/{run}/task-run', { params: { ...path(run), query: { address } }, signal })),
  })

/** A task run by its id: where a kept one really ran. */
export const sourceQuery = (id: string) =>
  queryOptions({
    queryKey: ['task-run', id],
    queryFn: ({ signal }) => given(api.GET('/api/v1/task-runs/{id}', { params: { path: { id } }, signal })),
    staleTime: Infinity,
  })

export const attemptsQuery = (run: string, address: string) =>
  queryOptions({
    queryKey: [...ofRun(run), 'attempts', address],
    queryFn: async ({ signal }) =>
      (await given(api.GET('/api/v1/runs/{run}/attempts', { params: { ...path(run), query: { address } }, signal }))).attempts,
  })

/** What a log is asked for. */
export interface LineFilter {
  address?: string
  attempt?: number
  level?: string
  text?: string
}

/** How many lines one answer has. */
export const LINES = 10_000

/** One answer of a log, from a position on. */
export const linesFrom = (run: string, wanted: LineFilter, after: number, limit = LINES, signal?: AbortSignal) =>
  given(api.GET('/api/v1/runs/{run}/logs', { params: { ...path(run), query: { ...wanted, after, limit } }, signal }))

/** The first lines of one task run, or of one of its attempts. */
export const linesQuery = (run: string, address: string, attempt?: number) =>
  queryOptions({
    queryKey: [...ofRun(run), 'lines', address, attempt ?? null],
    queryFn: ({ signal }) => linesFrom(run, { address, ...(attempt !== undefined && { attempt }) }, 0, 200, signal),
  })

/** A revision of a flow, the latest where none is named: its number, what it takes, and its graph. */
export const flowQuery = (flow: string, revision?: number) =>
  queryOptions({
    queryKey: ['flow', flow, revision ?? 'latest'],
    queryFn: async ({ signal }) => {
      const params = { path: { flow }, query: { revision } }
      const [shown, graph] = await Promise.all([
        given(api.GET('/api/v1/flows/{flow}', { params: { ...params, query: { revision, compiled: true } }, signal })),
        given(api.GET('/api/v1/flows/{flow}/graph', { params, signal })),
      ])
      const inputs = (shown.compiled?.flow.inputs ?? []) as InputField[]
      const tasks = compiledTasks(shown.compiled?.flow)
      return { ...shown, inputs, tasks, nodes: graph.nodes as FlowNode[], edges: graph.edges as FlowEdge[], lines: new Map(graph.nodes.map((node) => [node.id, node.line])) }
    },
    staleTime: revision === undefined ? 0 : Infinity,
  })

type Request = Partial<Asked> & { origin: string }

/** The body of a replay. A text is a revision that is yet to be saved, so that no other is named with it. */
function bodyOf({ revision, ...rest }: Request, text: string | undefined) {
  return { request: (text === undefined ? { ...rest, revision } : rest) as Asked, ...(text !== undefined && { text }) }
}

/** The plan of a replay, of a text where one is given; nothing is written. */
export const planQuery = (request: Request, text?: string) =>
  queryOptions({
    queryKey: ['plan', request, text ?? null],
    queryFn: ({ signal }) => given(api.POST('/api/v1/runs/replay/plan', { body: bodyOf(request, text) as never, signal })),
    retry: false,
    gcTime: 30_000,
  })

/** Makes the run of a replay, if its plan is still the one that was seen; a text is saved with it. */
export const replay = (request: Request, digest: string, key: string, text?: string) =>
  given(
    api.POST('/api/v1/runs/replay', {
      body: { ...bodyOf(request, text), digest } as never,
      params: { header: { 'Idempotency-Key': key } },
    }),
  )

/** What is wrong with the text of a flow, with its places, and its graph. */
export const validate = (text: string) => given(api.POST('/api/v1/flows/validate', { params: { query: { graph: true } }, body: { text } as never }))

/** The graph of a text that is yet to be saved; nothing of one that cannot be read. */
export const drawnQuery = (text: string) =>
  queryOptions({
    queryKey: ['drawn', text],
    queryFn: async ({ signal }) => (await given(api.POST('/api/v1/flows/validate', { body: { text } as never, params: { query: { graph: true } }, signal }))).graph ?? null,
    staleTime: Infinity,
    gcTime: 30_000,
  })

/** What a task type takes and gives. */
export const taskTypeQuery = (name: string) =>
  queryOptions({
    queryKey: ['task-type', name],
    queryFn: ({ signal }) => given(api.GET('/api/v1/task-types/{name}', { params: { path: { name } }, signal })),
    staleTime: Infinity,
  })

/** The newest runs of a flow. */
export const recentQuery = (namespace: string, flow: string) =>
  queryOptions({
    queryKey: [...ALL_RUNS, 'recent', namespace, flow],
    queryFn: async ({ signal }) => (await given(api.GET('/api/v1/runs', { params: { query: { flow: `${namespace}.${flow}`, limit: 20 } }, signal }))).runs,
    staleTime: 30_000,
  })

/** The outputs of a run's tasks, by address. */
export const outputsQuery = (run: string) =>
  queryOptions({
    queryKey: [...ofRun(run), 'outputs'],
    queryFn: ({ signal }) => given(api.GET('/api/v1/runs/{run}/outputs', { params: path(run), signal })),
  })

/** The pipeline whose code a run is of; nothing for a flow in YAML. */
export const codeQuery = (run: string) =>
  queryOptions({
    queryKey: [...ofRun(run), 'code'],
    queryFn: async ({ signal }) => (await given(api.GET('/api/v1/runs/{run}/revision', { params: path(run), signal }))).code,
    staleTime: Infinity,
  })

/** The graph that a run executes: a call of a pipeline has one of its own. */
export const runGraphQuery = (run: string) =>
  queryOptions({
    queryKey: [...ofRun(run), 'graph'],
    queryFn: async ({ signal }) => {
      const found = await given(api.GET('/api/v1/runs/{run}/graph', { params: path(run), signal }))
      return { nodes: found.nodes as FlowNode[], edges: found.edges as FlowEdge[] }
    },
    staleTime: Infinity,
  })

/** A run with what was asked for and what it waits for, without its task runs. */
export const shownQuery = (run: string) =>
  queryOptions({
    queryKey: [...ofRun(run), 'shown'],
    queryFn: ({ signal }) => given(api.GET('/api/v1/runs/{run}', { params: { ...path(run), query: { task_runs: false } }, signal })),
  })

export type Said = components['schemas']['ResumeWanted']

/** Has a run that is paused go on, with what a person says to it. */
export const resume = (run: string, said: Partial<Said>) => given(api.POST('/api/v1/runs/{run}/resume', { params: path(run), body: said as Said }))

export const pause = (run: string) => given(api.POST('/api/v1/runs/{run}/pause', { params: path(run) }))

export const kill = (run: string) => given(api.POST('/api/v1/runs/{run}/kill', { params: path(run) }))

export const runsQuery = (filters: RunFilters) =>
  infiniteQueryOptions({
    queryKey: [...ALL_RUNS, filters],
    queryFn: ({ signal, pageParam }) =>
      given(
        api.GET('/api/v1/runs', {
          params: { query: { ...filters, ...(pageParam === null ? { counts: true } : { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
  })

/** By the address of a task run, the values that it used and that a person gave. */
export const givenQuery = (run: string) =>
  queryOptions({
    queryKey: [...ofRun(run), 'given'],
    queryFn: async ({ signal }) => (await given(api.GET('/api/v1/runs/{run}/given', { params: path(run), signal }))).given,
  })

/** Who asks, as the server sees it. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => given(api.GET('/api/v1/me', { signal })),
  staleTime: 60_000,
})

/** What is known of a run that failed, as one text. */
export const explanationOf = (run: string) => given(api.GET('/api/v1/runs/{run}/explanation', { params: path(run), parseAs: 'text' }))

export const FLOWS = ['flows'] as const

/** All flows, by name. */
export const flowsQuery = queryOptions({
  queryKey: FLOWS,
  queryFn: async ({ signal }) => {
    const found: components['schemas']['Flow'][] = []
    for (let after: string | null = ''; after !== null; ) {
      const page: components['schemas']['Flows'] = await given(api.GET('/api/v1/flows', { params: { query: { limit: 1000, after } }, signal }))
      found.push(...page.flows)
      after = page.next
    }
    return found
  },
})

/** The revisions of a flow, the newest first. */
export const revisionsQuery = (flow: string) =>
  queryOptions({
    queryKey: ['flow', flow, 'revisions'],
    queryFn: async ({ signal }) =>
      (await given(api.GET('/api/v1/flows/{flow}/revisions', { params: { path: { flow } }, signal }))).revisions,
  })

/** The text of a flow at a revision. */
export const textQuery = (flow: string, revision: number) =>
  queryOptions({
    queryKey: ['flow', flow, 'text', revision],
    queryFn: ({ signal }) => given(api.GET('/api/v1/flows/{flow}/text', { params: { path: { flow }, query: { revision } }, parseAs: 'text', signal })),
    staleTime: Infinity,
  })

/** Makes an earlier revision the newest. */
export const restore = (flow: string, revision: number) =>
  given(api.POST('/api/v1/flows/{flow}/restore', { params: { path: { flow } }, body: { revision } as never }))
