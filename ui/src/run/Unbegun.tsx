import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { unbegunQuery } from '../results/queries'
import { planOfQuery } from '../api/queries'
import { wordOfState } from '../model/looks'
import { Prose } from '../parts/pieces'
import { runRoute } from '../router'

/** By address, what failed before a task that was never begun; nothing while the run executes. */
export function useUnbegun(run: string, ended: boolean): ReadonlyMap<string, readonly string[]> | undefined {
  return useQuery({ ...unbegunQuery(run), enabled: ended }).data
}

/** A task that has no task run: it has not come to its turn, or never will. */
export function NotBegun({ run, address, live }: { run: string; address: string; live: boolean }) {
  const failed = useUnbegun(run, !live)?.get(address)
  const plan = useQuery(planOfQuery(run)).data
  const planned = plan?.decisions.find((each) => each.address === address)
  return (
    <div className="panel-body">
      <section className="sect">
        <p className="lead">{plan && !planned ? 'There is no task run at this address.' : live ? 'It has not come to its turn yet.' : 'It was not reached.'}</p>
        {failed && failed.length > 0 && (
          <ul className="sources">
            {failed.map((each) => (
              <li key={each} className="row">
                <Link className="link mono cut" from={runRoute.fullPath} to="." search={(before) => ({ ...before, task: each })} resetScroll={false}>
                  {each}
                </Link>
                <span className="soft">failed before it</span>
              </li>
            ))}
          </ul>
        )}
        {planned && (
          <dl className="kv">
            <dt>{wordOfState(planned.action)}</dt>
            <dd>
              <Prose text={planned.reason} />
            </dd>
            <dt>Type</dt>
            <dd className="mono">{planned.type}</dd>
          </dl>
        )}
      </section>
    </div>
  )
}
