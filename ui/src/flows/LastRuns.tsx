import { many } from '../model/format'
import { lookOf, wordOf, type Look } from '../model/looks'
import { heights } from '../model/lastruns'
import type { LastRun } from './queries'

/** The last runs of a flow: success stands on the line, failure hangs from it, and the height is the duration. */
export function LastRuns({ runs }: { runs: readonly LastRun[] }) {
  if (runs.length === 0) return <span className="muted sm">no run yet</span>
  const inOrder = [...runs].reverse()
  const tall = heights(inOrder.map((run) => (run.started === null ? null : { started: Date.parse(run.started), ended: run.ended === null ? null : Date.parse(run.ended) })))
  return (
    <span className="wl" role="img" aria-label={wordsOf(runs)}>
      {inOrder.map((run, index) => (
        <i key={run.id} data-state={lookOf(run.state)} style={{ '--h': `${tall[index] ?? 3}px` } as React.CSSProperties} title={`${run.name}: ${wordOf(lookOf(run.state)).toLowerCase()}`} />
      ))}
    </span>
  )
}

function wordsOf(runs: readonly LastRun[]): string {
  const counted = new Map<Look, number>()
  for (const run of runs) counted.set(lookOf(run.state), (counted.get(lookOf(run.state)) ?? 0) + 1)
  const states = [...counted].map(([look, count]) => `${count} ${wordOf(look).toLowerCase()}`).join(', ')
  const newest = runs[0]
  return `Last ${many(runs.length, 'run')}: ${states}${newest && runs.length > 1 ? `; the newest ${wordOf(lookOf(newest.state)).toLowerCase()}` : ''}`
}
