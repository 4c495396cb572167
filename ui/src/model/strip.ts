import { lookOf, wordOf, type Look } from './looks'

/** Task runs of a run that are alike. */
export interface Alike {
  action: string
  state: string
  count: number
}

export interface Block {
  look: Look
  /** In pixels. */
  width: number
}

/** In this order blocks stand: what was kept, what ended well, what did not, what is still to come. */
const ORDER: readonly Look[] = ['reused', 'pinned', 'success', 'warning', 'failed', 'killed', 'running', 'paused', 'queued', 'skipped']

/** So many tasks have a block each; more share the room. */
const EACH = 5
const ROOM = 84

/** Gives the blocks of a run's tasks: one for each, or by share where there are many. */
export function stripOf(alike: readonly Alike[]): Block[] {
  const counts = countsOf(alike)
  const all = counts.reduce((sum, [, count]) => sum + count, 0)
  if (all <= EACH) return counts.flatMap(([look, count]) => Array.from({ length: count }, () => ({ look, width: 15 })))
  return counts.map(([look, count]) => ({ look, width: Math.max(6, Math.round((ROOM * count) / all)) }))
}

/** Says the same in words. */
export function stripWords(alike: readonly Alike[]): string {
  const counts = countsOf(alike)
  const all = counts.reduce((sum, [, count]) => sum + count, 0)
  return `${all} ${all === 1 ? 'task' : 'tasks'}: ${counts.map(([look, count]) => `${count} ${wordOf(look).toLowerCase()}`).join(', ')}`
}

function countsOf(alike: readonly Alike[]): [Look, number][] {
  const counts = new Map<Look, number>()
  for (const { action, state, count } of alike) {
    const look = lookOf(state, action)
    counts.set(look, (counts.get(look) ?? 0) + count)
  }
  return [...counts].sort(([one], [other]) => ORDER.indexOf(one) - ORDER.indexOf(other))
}
