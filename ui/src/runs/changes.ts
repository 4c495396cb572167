import { api, given } from '../api/client'
import { kill, type Run } from '../api/queries'

/** What is done to runs, one after the other. */
export type Change = (run: Run) => Promise<unknown>

const path = (run: Run) => ({ path: { run: run.id } })

export const killing: Change = (run) => kill(run.id)

export const deleting: Change = (run) => given(api.DELETE('/api/v1/runs/{run}', { params: path(run) }))

export const labelling =
  (labels: Record<string, string>, remove: string[]): Change =>
  (run) =>
    given(api.POST('/api/v1/runs/{run}/labels', { params: path(run), body: { labels, remove } }))
