import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useSyncExternalStore } from 'react'
import { follow, seldom, server, type Presence } from './live'
import { ALL_RUNS, ofRun, type Run } from './queries'

/** How often what moves is asked for again at most, in milliseconds. */
const APART = 250

export const usePresence = (): Presence => useSyncExternalStore(server.subscribe, server.presence)

/** Keeps what is shown of a run current while it executes. */
export function useLiveRun(run: string, id: string | undefined, live: boolean): void {
  const client = useQueryClient()
  useEffect(() => {
    if (!live || id === undefined) return
    const refresh = seldom(() => client.invalidateQueries({ queryKey: ofRun(run) }), APART)
    // a run that ends well fixes others, whose pages may have been read before
    const end = () => void client.invalidateQueries({ queryKey: ['run'] })
    const close = follow(`/api/v1/runs/${id}/events`, { kinds: ['run', 'task_run'], event: refresh, end, back: refresh })
    return () => {
      close()
      refresh.cancel()
    }
  }, [client, run, id, live])
}

/** What happens to any run: the run as a list shows it. */
export interface RunEvent {
  number: number
  state: string
  run: Run
}

/** Keeps a run that has ended current too: a replay of it may begin, and fix it. */
export function useRelatives(run: string, root: string | undefined, ended: boolean): void {
  const client = useQueryClient()
  useLiveRuns((event) => {
    if (event.run.root === root) void client.invalidateQueries({ queryKey: [...ofRun(run), 'lineage'] })
  }, ended)
}

const told = new Set<(event: RunEvent) => void>()
const returned = new Set<() => void>()
let close: (() => void) | null = null

/** One stream serves all parts of the page: a browser opens few connections to one server. */
function listen(on: (event: RunEvent) => void, back: () => void): () => void {
  told.add(on)
  returned.add(back)
  close ??= follow('/api/v1/events', {
    kinds: ['run'],
    event: (_, data) => {
      for (const each of told) each(data as RunEvent)
    },
    back: () => {
      for (const each of returned) each()
    },
  })
  return () => {
    told.delete(on)
    returned.delete(back)
    if (told.size > 0) return
    close?.()
    close = null
  }
}

/** Calls when something has happened to any run; what was missed while the server was away is asked for again. */
export function useLiveRuns(on: (event: RunEvent) => void, watched = true): void {
  const client = useQueryClient()
  const latest = useRef(on)
  latest.current = on
  useEffect(() => {
    if (!watched) return
    return listen(
      (event) => latest.current(event),
      () => void client.invalidateQueries({ queryKey: ALL_RUNS }),
    )
  }, [client, watched])
}

const watchers = new Set<() => void>()
let moment = Date.now()
let timer: number | undefined

/** Ticks for all who watch, at the same moment, and not at all where nobody does. */
function watch(watcher: () => void): () => void {
  watchers.add(watcher)
  timer ??= window.setInterval(() => {
    // while nothing is heard of the server, nothing is known to go on
    if (server.presence() === 'away') return
    moment = Date.now()
    for (const each of watchers) each()
  }, 200)
  return () => {
    watchers.delete(watcher)
    if (watchers.size > 0) return
    window.clearInterval(timer)
    timer = undefined
  }
}

const never = () => () => undefined

/** Gives the time of now in milliseconds; it goes on only where something runs. */
export function useNow(ticking: boolean): number {
  return useSyncExternalStore(ticking ? watch : never, () => {
    // the first who looks sees the time of now
    if (timer === undefined && Date.now() - moment > 1000) moment = Date.now()
    return moment
  })
}
