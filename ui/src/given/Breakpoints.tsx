import { useMemo, type ReactNode } from 'react'
import { followersOf, type FlowGraph } from '../model/graph'
import { Tasks } from '../replay/Tasks'

interface Props {
  known: string[]
  graph: FlowGraph | undefined
  value: string[]
  onChange: (value: string[]) => void
  refusal: ReactNode
}

/** Before which tasks the run stops; to stop after one is to stop before what begins then. */
export function Breakpoints({ known, graph, value, onChange, refusal }: Props) {
  const followers = useMemo(() => new Map(graph ? [...followersOf(graph)].filter(([, next]) => next.length > 0) : []), [graph])
  const stopAfter = (task: string) => onChange([...new Set([...value, ...(followers.get(task) ?? [])])])
  return (
    <div className="fs">
      <Tasks label="Breakpoints" placeholder={value.length === 0 ? 'Stop before a task' : ''} value={value} known={known} onChange={onChange} shown />
      <div className="row sm soft wrap">
        <span className="grow">
          {value.length === 0 ? 'The run goes through.' : `The run stops before ${value.length === 1 ? 'it' : 'each'}, and waits for you: there its inputs can be changed.`}
        </span>
        {followers.size > 0 && (
          <select className="field other" aria-label="Stop after a task" value="" onChange={(event) => event.target.value && stopAfter(event.target.value)}>
            <option value="">Stop after</option>
            {[...followers.keys()].map((task) => (
              <option key={task}>{task}</option>
            ))}
          </select>
        )}
      </div>
      {refusal}
    </div>
  )
}
