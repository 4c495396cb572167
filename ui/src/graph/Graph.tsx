import '../styles/graph.css'
import { lazy, Suspense } from 'react'
import type { FlowGraph } from '../model/graph'
import type { GraphMark } from '../model/graphmarks'

const Drawn = lazy(() => import('./Drawn').then((module) => ({ default: module.Drawn })))

export interface GraphProps {
  /** The nodes and edges of a flow, as `/flows/{flow}/graph` gives them. */
  graph: FlowGraph
  /** What is said of each task, by its id; a task without a mark is drawn plain, with its type. */
  marks?: ReadonlyMap<string, GraphMark>
  /** The id of the task that is chosen. */
  selected?: string | null
  /** Called with the id of a task, or of a group, that a person chooses; without it nothing can be chosen. */
  onSelect?: (id: string) => void
  /** Which groups are folded; where it is left out, the picture keeps that itself. */
  folded?: ReadonlySet<string>
  onFold?: (folded: ReadonlySet<string>) => void
  /** What the picture is of, for those who hear the page. */
  label?: string
  /** A strip is as high as what is in it, to a limit; else the picture fills what it stands in. */
  strip?: boolean
  /** What choosing a task does, for its tooltip, such as "start from it". */
  does?: string
}

/**
 * The picture of a flow: tasks in their groups from left to right. It is loaded when it is first shown, and needs only the graph:
 *
 *     <Graph graph={{ nodes, edges }} marks={marks} selected={task} onSelect={(id) => open(id)} label="Tasks of the flow" />
 *
 * `runMarks` and `planMarks` of `model/` make marks of a run and of a plan; an editor can give marks of its own, such as errors.
 * It fills its parent, which must have a height (`display: flex` or a size), unless it is a `strip`.
 */
export function Graph(props: GraphProps) {
  return (
    <Suspense fallback={<div className={props.strip ? 'dag low' : 'dag'} aria-hidden />}>
      <Drawn {...props} />
    </Suspense>
  )
}
