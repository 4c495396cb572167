import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useRef } from 'react'
import { useLiveRuns } from '../api/hooks'
import { ALL_RUNS } from '../api/queries'
import { useMay } from '../api/role'
import { failingQuery, type FailingFlow } from '../api/statistics'
import { count, many } from '../model/format'
import { keptFlows } from '../model/failing'
import { Icon, Mark, Segno } from '../parts/marks'
import { Failure, Prose, Skeleton } from '../parts/pieces'
import { Moment } from '../parts/time'
import { LastRuns } from './LastRuns'

const SINCE = '30d'
const BROKEN = { state: ['FAILED', 'KILLED'], fixed: false, since: SINCE, top: true }

/** The flows in which something failed that nothing has fixed; one that is fixed while it is looked at stays until then. */
export function Failing() {
  const found = useQuery(failingQuery(SINCE))
  const kept = useRef<readonly FailingFlow[]>([])
  const client = useQueryClient()
  useLiveRuns(({ run }) => {
    const flow = `${run.namespace}.${run.flow}`
    if (kept.current.some((each) => nameOf(each) === flow)) void client.invalidateQueries({ queryKey: [...ALL_RUNS, 'last-of', flow] })
  })
  if (found.data) kept.current = keptFlows(kept.current, found.data)
  const flows = kept.current
  const broken = new Set(found.data?.map(nameOf))
  const runs = found.data?.reduce((sum, each) => sum + each.runs, 0) ?? 0
  return (
    <section className="block">
      <header>
        <h2>Failed and not fixed</h2>
        <span className="count">{runs > 0 && `${many(broken.size, 'flow')}, ${many(runs, 'run')}`}</span>
        <span className="grow" />
        <Link className="link sm" to="/runs" search={{ state: ['FAILED', 'KILLED'] }}>
          All failed runs
        </Link>
      </header>
      {found.error && flows.length === 0 ? (
        <Failure error={found.error} again={() => void found.refetch()} />
      ) : found.isPending ? (
        <Skeleton rows={3} />
      ) : flows.length === 0 ? (
        <p className="calm">Nothing is broken.</p>
      ) : (
        <ul>
          {flows.map((each) => (
            <Flow key={nameOf(each)} flow={each} fixed={!broken.has(nameOf(each))} />
          ))}
        </ul>
      )}
    </section>
  )
}

const nameOf = (each: FailingFlow): string => `${each.namespace}.${each.flow}`

function Flow({ flow, fixed }: { flow: FailingFlow; fixed: boolean }) {
  const { last } = flow
  const address = typeof last.error?.address === 'string' ? last.error.address : null
  return (
    <li className={fixed ? 'broken fixed' : 'broken'}>
      <Mark look={fixed ? 'success' : 'failed'} word={fixed ? 'Fixed' : 'Failed'} />
      <div className="grow">
        <div className="row">
          <Link className="strong cut" to="/runs" search={{ flow: nameOf(flow), ...BROKEN }} title={nameOf(flow)}>
            {flow.flow}
          </Link>
          {address && (
            <code className="cut soft">
              <Link to="/runs/$run" params={{ run: last.id }} search={{ task: address }}>
                {address}
              </Link>
            </code>
          )}
        </div>
        <p className="sm soft cut">{fixed ? 'Fixed; leaves this list when you do' : typeof last.error?.message === 'string' ? <Prose text={last.error.message} /> : 'Stopped'}</p>
      </div>
      <span className="only-wide">
        <LastRuns flow={nameOf(flow)} />
      </span>
      <span className="soft sm nowrap only-wide since">
        <Moment at={flow.first} />
        <br />
        <Link to="/runs/$run" params={{ run: last.id }} search={address ? { task: address } : {}}>
          {flow.runs === 1 ? last.name : many(flow.runs, 'run')}
        </Link>
      </span>
      {!fixed && <Acts flow={flow} address={address} />}
    </li>
  )
}

/** What a person can do about a flow that fails: fix it, or replay what failed. */
function Acts({ flow, address }: { flow: FailingFlow; address: string | null }) {
  const [operator, editor] = [useMay('operator'), useMay('editor')]
  if (!operator) return null
  const { last } = flow
  return (
    <span className="row acts">
      {editor && last.error && (
        <Link className="btn sm only-wide" to="/runs/$run/fix" params={{ run: last.id }} search={{}}>
          <Icon name="tool" size={14} />
          Fix
        </Link>
      )}
      {flow.runs === 1 ? (
        <Link className="btn sm" to="/runs/$run" params={{ run: last.id }} search={{ ...(address && { task: address }), replay: address ? [address] : ['*'] }}>
          <Segno size={14} />
          Replay
        </Link>
      ) : (
        <Link className="btn sm" to="/bulk-replays/new" search={{ flow: nameOf(flow), ...BROKEN }}>
          <Segno size={14} />
          Replay {count(flow.runs)}
        </Link>
      )}
    </span>
  )
}
