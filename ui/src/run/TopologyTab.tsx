import { useNavigate } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import { Graph } from '../graph/Graph'
import { foldedAtFirst, type FlowNode } from '../model/graph'
import { taskOf } from '../model/address'
import { addressOf, runMarks } from '../model/graphmarks'
import { useKeys } from '../parts/keys'
import { Empty, Skeleton } from '../parts/pieces'
import type { Bar } from '../model/tree'
import { runRoute } from '../router'
import { Panel } from '../pause/Panel'
import { usePlanned, useRun } from './useRun'

const NONE: readonly never[] = []

/** The graph of a run, in the colours of what has become of each task so far, with the panel of the task that is open. */
export function TopologyTab() {
  const { run } = runRoute.useParams()
  const { task, fold } = runRoute.useSearch()
  const navigate = useNavigate({ from: runRoute.fullPath })
  const loaded = useRun(run)
  const { gantt, flow, live } = loaded
  const planned = usePlanned(run, loaded)
  const graph = useMemo(() => ({ nodes: flow?.nodes ?? NONE, edges: flow?.edges ?? NONE }), [flow])
  const bars = gantt?.bars ?? NONE
  const marks = useMemo(() => runMarks(bars, planned, graph, !live), [bars, planned, graph, live])
  const folded = useMemo(() => (fold === undefined ? foldedAtFirst(graph) : new Set(fold.filter((each) => each !== ''))), [fold, graph])
  const select = useCallback((address: string | null) =>
    void navigate({
      to: '/runs/$run/topology',
      params: { run },
      search: ({ task: _, ...rest }) => (address === null ? rest : { ...rest, task: address }),
      replace: task !== undefined && address !== null,
      resetScroll: false,
    }), [navigate, run, task])
  const onFold = (next: ReadonlySet<string>) =>
    void navigate({ to: '/runs/$run/topology', params: { run }, search: (before) => ({ ...before, fold: next.size === 0 ? [''] : [...next] }), replace: true, resetScroll: false })
  useKeys(useSteps(bars, graph.nodes, task ?? null, select))
  if (!gantt || !flow) return <Skeleton />
  if (graph.nodes.length === 0) {
    return (
      <Empty title="This flow has no tasks">
        <p>Its tasks, and what stands after what, are drawn here.</p>
      </Empty>
    )
  }
  return (
    <div className="body">
      <div className="pane">
        <Graph
          graph={graph}
          marks={marks}
          selected={task === undefined ? null : taskOf(task)}
          onSelect={(id) => select(addressOf(id, bars) ?? id)}
          folded={folded}
          onFold={onFold}
          label="Tasks of the run"
          does="Opens what became of it"
        />
      </div>
      {task !== undefined && <Panel key={task} run={run} address={task} loaded={loaded} onSelect={select} />}
    </div>
  )
}

/** The ways from one task run to the next, in the order of the flow, and to the next that failed. */
function useSteps(bars: readonly Bar[], nodes: readonly FlowNode[], task: string | null, select: (address: string) => void) {
  return useMemo(() => {
    const position = new Map(nodes.map((node) => [node.id, node.position]))
    const order = [...bars].sort((one, other) => (position.get(one.task) ?? 0) - (position.get(other.task) ?? 0))
    const at = order.findIndex((bar) => bar.address === task)
    const go = (bar: Bar | undefined) => bar && select(bar.address)
    const failed = [...order.slice(at + 1), ...order.slice(0, at + 1)].find((bar) => bar.state === 'FAILED')
    return { '[': () => go(order[at - 1]), ']': () => go(order[at + 1]), e: () => go(failed) }
  }, [bars, nodes, task, select])
}
