import type { FlowNode } from '../model/graph'
import { wordOfAction } from '../model/looks'
import type { Planned } from '../model/tree'
import { IconButton } from '../parts/button'
import { useKeys } from '../parts/keys'
import { Mark } from '../parts/marks'
import { Prose } from '../parts/pieces'
import { useUnbegun } from '../run/useUnbegun'

type Thing = (Planned & { reason?: string }) | FlowNode

/** A task that has not begun, or was never reached: what the plan says of it. */
export function Coming({ run, address, coming, live, onSelect }: { run: string; address: string; coming: Thing; live: boolean; onSelect: (address: string | null) => void }) {
  const failed = useUnbegun(run, !live)?.get(address) ?? []
  useKeys({ Escape: () => onSelect(null) })
  const planned = 'action' in coming ? coming : null
  const left = planned?.action === 'LEAVE'
  return (
    <aside className="panel" aria-label={`Task ${address}`}>
      <div className="panel-head">
        <div className="row">
          <Mark look={left ? 'skipped' : 'queued'} word={live && !left ? 'Queued' : 'Not reached'} />
          <h2 className="mono grow cut panel-title" title={address}>
            {address}
          </h2>
          <IconButton small icon="x" label="Close" hint="Esc" onClick={() => onSelect(null)} />
        </div>
        <div className="row sm soft under">
          <span className="mono cut">{coming.type}</span>
        </div>
      </div>
      <div className="panel-body" tabIndex={0} role="group" aria-label="What is known of the task">
        <section className="sect last">
          <header>
            <h3>Why</h3>
          </header>
          <dl className="kv">
            <dt>{left ? 'Left out' : live ? 'Waits' : 'Not reached'}</dt>
            <dd>{left ? 'it lies outside what was asked for' : live ? 'for its turn' : failed.length > 0 ? <Before failed={failed} onSelect={onSelect} /> : 'the run ended before its turn, or took another way'}</dd>
            {planned && planned.reason && (
              <>
                <dt>{wordOfAction(planned.action)}</dt>
                <dd>
                  <Prose text={planned.reason} />
                </dd>
              </>
            )}
            {planned?.breakpoint && live && (
              <>
                <dt>Breakpoint</dt>
                <dd>the run stops before it, and waits for you</dd>
              </>
            )}
          </dl>
        </section>
      </div>
    </aside>
  )
}

/** What failed before a task, with the ways there. */
const Before = ({ failed, onSelect }: { failed: readonly string[]; onSelect: (address: string) => void }) => (
  <ul className="sources">
    {failed.map((each) => (
      <li key={each} className="row">
        <button type="button" className="link mono cut" onClick={() => onSelect(each)}>
          {each}
        </button>
        <span className="soft">failed before it</span>
      </li>
    ))}
  </ul>
)
