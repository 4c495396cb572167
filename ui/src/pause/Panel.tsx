import { lazy, Suspense } from 'react'
import { TaskPanel } from '../run/TaskPanel'
import { usePlanned, type Loaded } from '../run/useRun'

const Coming = lazy(() => import('./Coming').then((module) => ({ default: module.Coming })))
const WaitPanel = lazy(() => import('./WaitPanel').then((module) => ({ default: module.WaitPanel })))

interface Props {
  run: string
  address: string
  loaded: Loaded
  onSelect: (address: string | null) => void
}

/** What there is to say of a task: what became of it, what it waits for, or why it has not begun. */
export function Panel({ run, address, loaded, onSelect }: Props) {
  const planned = usePlanned(run, loaded)
  const wait = loaded.waits.find((each) => each.address === address)
  const begun = loaded.gantt?.bars.some((bar) => bar.address === address)
  const coming = begun ? undefined : (planned.find((each) => each.address === address) ?? loaded.flow?.nodes.find((node) => node.id === address))
  const loading = <aside className="panel" aria-label={`Task ${address}`} />
  if (wait && loaded.head) {
    return (
      <Suspense fallback={loading}>
        <WaitPanel key={wait.since} run={run} wait={wait} head={loaded.head} loaded={loaded} onSelect={onSelect} />
      </Suspense>
    )
  }
  if (coming) {
    return (
      <Suspense fallback={loading}>
        <Coming run={run} address={address} coming={coming} live={loaded.live} onSelect={onSelect} />
      </Suspense>
    )
  }
  return <TaskPanel run={run} address={address} loaded={loaded} onSelect={onSelect} />
}
