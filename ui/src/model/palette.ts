import type { OUTLINES } from '../parts/outlines'
import { fuzzy } from './fuzzy'

/** Something that the command palette offers. */
export interface Entry {
  id: string
  group: string
  label: string
  detail?: string
  /** The key that does the same. */
  hint?: string
  icon?: keyof typeof OUTLINES
  /** Of a run. */
  state?: string
  /** Whether it is an answer to the text, though its label does not have it. */
  found?: boolean
  run: () => void
}

export interface Ranked extends Entry {
  /** Which letters of the label answer. */
  at: readonly number[]
}

/** How many of each group are shown. */
const MOST: Record<string, number> = { Flows: 6, Runs: 8 }
const FIRST: Record<string, number> = { 'This page': 8, Pages: 7, Flows: 4, Runs: 5 }
const GROUPS = ['This page', 'Pages', 'Flows', 'Runs']

/** Gives what answers to a text, group by group, the best of each first; without a text what is nearest at hand. */
export function ranked(entries: readonly Entry[], text: string): { name: string; entries: Ranked[] }[] {
  const scored = entries.flatMap((entry) => {
    const match = fuzzy(text, entry.label)
    if (match !== null) return [{ entry: { ...entry, at: match.at }, score: match.score }]
    return entry.found ? [{ entry: { ...entry, at: [] }, score: 0 }] : []
  })
  const groups = GROUPS.map((name) => {
    const own = scored.filter((each) => each.entry.group === name)
    if (text.trim() !== '') own.sort((one, other) => other.score - one.score)
    return { name, best: Math.max(...own.map((each) => each.score)), entries: own.slice(0, (text.trim() === '' ? FIRST : MOST)[name] ?? 12).map((each) => each.entry) }
  }).filter((group) => group.entries.length > 0)
  // what answers best comes first, so that Enter takes it
  if (text.trim() !== '') groups.sort((one, other) => other.best - one.best)
  return groups
}
