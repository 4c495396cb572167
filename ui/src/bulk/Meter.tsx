import { RESULTS, type Counts } from '../model/bulk'
import { count } from '../model/format'

/** How far a bulk replay has come, by what has become of its runs. */
export function Meter({ counts, total, large }: { counts: Counts; total: number; large?: boolean }) {
  const told = RESULTS.filter((each) => counts[each.key] > 0)
  const order = ['SUCCEEDED', 'FAILED', 'REFUSED', 'SKIPPED', 'RUNNING', 'PAUSED', 'WAITING']
  const parts = [...told].sort((one, other) => order.indexOf(one.state) - order.indexOf(other.state))
  return (
    <span className={large ? 'meter large' : 'meter'} role="img" aria-label={`${count(total)} runs: ${parts.map((each) => `${count(counts[each.key])} ${each.word.toLowerCase()}`).join(', ')}`}>
      {parts.map((each) => (
        <i key={each.state} data-state={each.look} style={{ '--w': `${(100 * counts[each.key]) / Math.max(1, total)}%` } as React.CSSProperties} />
      ))}
    </span>
  )
}
