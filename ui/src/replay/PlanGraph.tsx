import { useMemo, useState } from 'react'
import { Graph } from '../graph/Graph'
import { toggledStart } from '../model/asked'
import { withDropped, type FlowGraph } from '../model/graph'
import { taskOf } from '../model/address'
import { planMarks } from '../model/graphmarks'
import type { Plan } from '../model/plan'
import type { Choices } from '../model/request'
import { useSmall } from '../run/useSmall'

interface Props {
  plan: Plan
  /** The graph of the revision that is replayed, and that of the origin's. */
  graph: FlowGraph
  older: FlowGraph | undefined
  choices: Choices
  change: (some: Partial<Choices>) => void
  dimmed: boolean
}

/** The plan in the picture of the flow; a task that is clicked is one to start from. On a telephone the list says it all. */
export function PlanGraph({ plan, graph, older, choices, change, dimmed }: Props) {
  const small = useSmall()
  const whole = useMemo(() => (older && plan.dropped.length > 0 ? withDropped(graph, older, plan.dropped) : graph), [graph, older, plan.dropped])
  const starts = choices.mode === 'task' ? choices.starts : NONE
  const marks = useMemo(() => planMarks(plan, whole, starts), [plan, whole, starts])
  const [wanted, want] = useState(false)
  if (small || whole.nodes.length === 0) return null
  if (!wanted && alone(whole) > LARGE) {
    return (
      <p className="plan-graph ask">
        <button type="button" className="btn quiet sm" onClick={() => want(true)}>
          Show the graph of {whole.nodes.length} tasks
        </button>
      </p>
    )
  }
  return (
    <div className={dimmed ? 'plan-graph dimmed' : 'plan-graph'}>
      <Graph
        graph={whole}
        marks={marks}
        onSelect={(id) => plan.dropped.includes(id) || change(toggledStart(choices, id, taskOf))}
        label="The plan in the graph"
        does="Click to start from it, or no more"
        strip
      />
    </div>
  )
}

const NONE: string[] = []

/** Of how many tasks a graph is drawn only when it is asked for: what folds is folded. */
const LARGE = 300
const alone = (graph: FlowGraph): number => graph.nodes.filter((node) => node.group === null).length
