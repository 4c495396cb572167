import { lazy, Suspense } from 'react'
import { TaskPanel } from '../run/TaskPanel'
import { Coming } from './Coming'
import { usePlanned, type Loaded } from '../run/useRun'

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
  if (wait && loaded.head) {
    return (
      <Suspense fallback={<aside className="panel" aria-label={`Task ${address}`} />}>
        <WaitPanel key={wait.since} run={run} wait={wait} head={loaded.head} loaded={loaded} onSelect={onSelect} />
      </Suspense>
    )
  }
  if (coming) return <Coming address={address} coming={coming} live={loaded.live} onSelect={onSelect} />
  return <TaskPanel run={run} address={address} loaded={loaded} onSelect={onSelect} />
}
