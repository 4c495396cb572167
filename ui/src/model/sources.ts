import type { Bar } from './tree'

/** Where a value came from that a task used. */
export type Source =
  | { kind: 'task'; address: string; rest: string; bar: Bar | null }
  | { kind: 'input'; name: string }
  | { kind: 'other'; path: string }

/** The keys of the items that an address stands below. */
function keysOf(address: string): string[] {
  return [...address.matchAll(/\[("(?:[^"\\]|\\.)*"|[^\]"]*)\]/g)].map(([, key]) => (key?.startsWith('"') ? (JSON.parse(key) as string) : (key ?? '')))
}

/** Finds the task run that gave what stands at a path such as `outputs.load.paris.uri`: of several items the one that is named. */
export function sourceOf(path: string, bars: readonly Bar[]): Source {
  if (path.startsWith('inputs.')) return { kind: 'input', name: path.slice('inputs.'.length) }
  if (!path.startsWith('outputs.')) return { kind: 'other', path }
  const rest = path.slice('outputs.'.length)
  let best: { bar: Bar; taken: string } | null = null
  for (const bar of bars) {
    if (rest !== bar.task && !rest.startsWith(`${bar.task}.`)) continue
    const taken = [bar.task, ...keysOf(bar.address)].join('.')
    const fits = rest === taken || rest.startsWith(`${taken}.`)
    if (fits && (best === null || taken.length > best.taken.length)) best = { bar, taken }
  }
  if (best) return { kind: 'task', address: best.bar.address, rest: rest.slice(best.taken.length + 1), bar: best.bar }
  const [task = rest] = rest.split('.')
  return { kind: 'task', address: task, rest: rest.slice(task.length + 1), bar: null }
}
