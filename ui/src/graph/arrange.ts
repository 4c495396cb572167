import dagre from '@dagrejs/dagre'
import { GAPS, type Arrange } from '../model/scene'

/** Arranges in columns, so that few lines cross. */
export const arrange: Arrange = (sizes, links) => {
  const graph = new dagre.graphlib.Graph()
  graph.setGraph({ rankdir: 'LR', nodesep: GAPS.beside, ranksep: GAPS.column, marginx: 0, marginy: 0 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const [id, size] of sizes) graph.setNode(id, { ...size })
  for (const { from, to } of links) graph.setEdge(from, to)
  dagre.layout(graph)
  return new Map([...sizes.keys()].map((id) => [id, { x: Number(graph.node(id).x), y: Number(graph.node(id).y) }]))
}
