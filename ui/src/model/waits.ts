import type { components } from '../api/schema'
import type { InputField } from './inputs'
import type { Bar, Planned } from './tree'
import { taskOf } from './address'

/** Where a run that is paused waits for a person. */
export interface Waiting {
  address: string
  kind: 'pause' | 'breakpoint' | 'subflow'
  since: string
  asks: InputField[]
  until: string | null
  then: string | null
  properties: Record<string, unknown>
  /** The subflow's run, where that is what waits. */
  run: string | null
}

export const NO_WAITS: Waiting[] = []

export function waitsOf(shown: Pick<components['schemas']['RunShown'], 'waits'>): Waiting[] {
  const found = shown.waits as unknown as Waiting[] | null | undefined
  return found && found.length > 0 ? found : NO_WAITS
}

/** What is held by a breakpoint has not begun: it is drawn from when it was stopped. */
export function heldSince(bars: readonly Bar[], waits: readonly Waiting[]): Bar[] {
  if (waits.length === 0) return bars as Bar[]
  const since = new Map(waits.map((wait) => [wait.address, Date.parse(wait.since) / 1000]))
  return bars.map((bar) => (bar.started === null && since.has(bar.address) ? { ...bar, started: since.get(bar.address) ?? null } : bar))
}

interface Asked {
  breakpoints?: string[]
  amendments?: { breakpoints?: string[] | null }[]
}

/** Gives the breakpoints of a request as they were last amended; nothing where nobody amended them. */
export function amendedStops(request: unknown): string[] | null {
  const asked = (request ?? {}) as Asked
  return (asked.amendments ?? []).findLast((each) => Array.isArray(each.breakpoints))?.breakpoints ?? null
}

/** Gives the breakpoints that hold for a run. */
export const stopsNow = (request: unknown): string[] => amendedStops(request) ?? ((request ?? {}) as Asked).breakpoints ?? []

/** Tells before what of a plan the run stops, as was last said. */
export function stopsOf(planned: readonly Planned[], request: unknown): readonly Planned[] {
  const amended = amendedStops(request)
  if (amended === null) return planned
  const stops = new Set(amended)
  return planned.map((each) => ({ ...each, breakpoint: stops.has(each.address) || stops.has(taskOf(each.address)) }))
}

/** Says of a run that is paused what it waits for. */
export function pausedWords(waits: readonly Waiting[]): string {
  const first = waits[0]
  if (first === undefined) return 'Paused'
  if (waits.length > 1) return `Waits at ${waits.length} tasks`
  return { breakpoint: 'Paused at a breakpoint', pause: 'Waits for you', subflow: 'Waits for a subflow' }[first.kind]
}
