import { useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { runRoute } from '../router'
import { Gantt } from './Gantt'
import { Panel } from '../pause/Panel'
import { useRun, useTree } from './useRun'

/** The Gantt of a run, with the panel of the task that is open. */
export function GanttTab() {
  const { run } = runRoute.useParams()
  const { task } = runRoute.useSearch()
  const navigate = useNavigate({ from: runRoute.fullPath })
  const loaded = useRun(run)
  const rows = useTree(run, loaded)
  const select = useMemo(
    () => (address: string | null) =>
      void navigate({
        search: ({ task: _, attempt: __, ...rest }) => (address === null ? rest : { ...rest, task: address }),
        replace: task !== undefined && address !== null,
        resetScroll: false,
      }),
    [navigate, task],
  )
  return (
    <div className="body">
      <div className="pane">
        <Gantt rows={rows} loaded={loaded} selected={task ?? null} onSelect={select} />
      </div>
      {task !== undefined && <Panel key={task} run={run} address={task} loaded={loaded} onSelect={select} />}
    </div>
  )
}
