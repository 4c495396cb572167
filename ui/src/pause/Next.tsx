import { duration } from '../model/format'
import type { Waiting } from '../model/waits'
import { groupsOf } from '../model/graph'
import { Mark } from '../parts/marks'
import { usePlanned, type Loaded } from '../run/useRun'

/** How many of the tasks that come are named. */
const SHOWN = 5

/** What comes after the task at which the run waits. */
export function Next({ run, wait, loaded }: { run: string; wait: Waiting; loaded: Loaded }) {
  const planned = usePlanned(run, loaded)
  const groups = groupsOf(loaded.flow?.nodes ?? [])
  const begun = new Set(loaded.gantt?.bars.map((bar) => bar.address))
  const coming = planned.filter((each) => !begun.has(each.address) && each.address !== wait.address && !groups.has(each.task) && each.action !== 'LEAVE')
  if (coming.length === 0) return null
  return (
    <section className="sect">
      <header>
        <h3>Next</h3>
      </header>
      <ul className="reads">
        {coming.slice(0, SHOWN).map((each) => (
          <li key={each.address} className="row">
            <Mark look="queued" />
            <span className="mono cut">{each.address}</span>
            {each.breakpoint && (
              <span className="tag" data-state="paused">
                breakpoint
              </span>
            )}
            <span className="grow" />
            {each.estimate_s ? <span className="soft nowrap">about {duration(each.estimate_s)}</span> : null}
          </li>
        ))}
      </ul>
      {coming.length > SHOWN && <p className="muted sm">and {coming.length - SHOWN} more</p>}
    </section>
  )
}
