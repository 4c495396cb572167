import { queryOptions } from '@tanstack/react-query'
import { api, given } from '../api/client'
import { ofRun } from '../api/queries'
import type { components } from '../api/schema'

export type Artifact = components['schemas']['Artifact']
export type ArtifactOfRun = components['schemas']['ArtifactOfRun']
export type Preview = components['schemas']['Preview']
export type Table = components['schemas']['Table']
export type Use = components['schemas']['Use']

const path = (run: string) => ({ path: { run } })

/** Rows of a table that its page shows. */
export const ROWS = 200

/** What a stored value or file looks like; content is named by its digest, so it never changes. */
export const previewQuery = (name: string, rows = ROWS) =>
  queryOptions({
    queryKey: ['artifact', name, 'preview', rows],
    queryFn: ({ signal }) => given(api.GET('/api/v1/artifact/preview', { params: { query: { name, rows } }, signal })),
    staleTime: Infinity,
  })

export const usesQuery = (name: string) =>
  queryOptions({
    queryKey: ['artifact', name, 'uses'],
    queryFn: async ({ signal }) => (await given(api.GET('/api/v1/artifact/uses', { params: { query: { name } }, signal }))).uses,
    // a replay may read it at any time
    staleTime: 0,
  })

/** Where the bytes of a stored value or file are. */
export const contentOf = (name: string, shown = false): string => `/api/v1/artifact/content?name=${encodeURIComponent(name)}${shown ? '&shown=true' : ''}`

/** The whole of a stored text. */
export const textOfQuery = (name: string) =>
  queryOptions({
    queryKey: ['artifact', name, 'text'],
    queryFn: ({ signal }) => given(api.GET('/api/v1/artifact/content', { params: { query: { name } }, parseAs: 'text', signal })) as Promise<string>,
    staleTime: Infinity,
  })

/** What the task runs of a run stored or kept. */
export const artifactsOfRunQuery = (run: string) =>
  queryOptions({
    queryKey: [...ofRun(run), 'artifacts'],
    queryFn: async ({ signal }) => (await given(api.GET('/api/v1/runs/{run}/artifacts', { params: path(run), signal }))).artifacts,
  })

/** What one task run stored. */
export const artifactsOfTaskQuery = (id: string) =>
  queryOptions({
    queryKey: ['task-run', id, 'artifacts'],
    queryFn: async ({ signal }) => (await given(api.GET('/api/v1/task-runs/{id}/artifacts', { params: { path: { id } }, signal }))).artifacts,
  })

/** The outputs of all tasks of a run, by address, and those of the flow. */
export const outputsQuery = (run: string) =>
  queryOptions({
    queryKey: [...ofRun(run), 'outputs'],
    queryFn: ({ signal }) => given(api.GET('/api/v1/runs/{run}/outputs', { params: path(run), signal })),
  })

/** By address, the tasks that failed before what was never begun. */
export const unbegunQuery = (run: string) =>
  queryOptions({
    queryKey: [...ofRun(run), 'unbegun'],
    queryFn: async ({ signal }) => {
      const { unbegun } = await given(api.GET('/api/v1/runs/{run}/unbegun', { params: path(run), signal }))
      return new Map(unbegun.map((each) => [each.address, each.failed]))
    },
  })
