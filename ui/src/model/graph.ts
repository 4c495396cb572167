/** A task in the graph of a flow, as the API gives it. */
export interface FlowNode {
  id: string
  type: string
  kind: string
  group: string | null
  branch: string | null
  handles: string | null
  position: number
  effects?: string
}

/** What stands after what, or reads from it. */
export interface FlowEdge {
  from: string
  to: string
  kind: string
}

export interface FlowGraph {
  nodes: readonly FlowNode[]
  edges: readonly FlowEdge[]
}

/** A place of the picture that is yet to be drawn: a task, a group, or the handlers of one. */
export interface Place {
  id: string
  /** What holds it: the id of a group or of handlers; nothing at the top. */
  parent: string
  node: FlowNode | null
  /** Of handlers, when they run. */
  handles: string | null
  children: Place[]
}

const HANDLERS: Record<string, string> = { errors: 'on failure', finally: 'finally', after: 'after the run' }

/** Says when handlers run. */
export const handlersWord = (handles: string): string => HANDLERS[handles] ?? handles

const GROUPS = new Set(['sequence', 'parallel', 'loop', 'choice', 'dag'])

export const isGroup = (node: Pick<FlowNode, 'kind'>): boolean => GROUPS.has(node.kind)

/** The names of the tasks that hold others, which are counted nowhere. */
export const groupsOf = (nodes: readonly Pick<FlowNode, 'id' | 'kind'>[]): ReadonlySet<string> => new Set(nodes.filter(isGroup).map((node) => node.id))

/** Puts the tasks of a graph into their groups; each place comes after what holds it. */
export function placesOf(graph: FlowGraph): Map<string, Place> {
  const places = new Map<string, Place>()
  const known = new Set(graph.nodes.map((node) => node.id))
  const top: Place = { id: '', parent: '', node: null, handles: null, children: [] }
  places.set('', top)
  const ordered = [...graph.nodes].sort((one, other) => one.position - other.position)
  for (const node of ordered) places.set(node.id, { id: node.id, parent: '', node, handles: null, children: [] })
  for (const node of ordered) {
    const place = places.get(node.id) as Place
    const around = node.group !== null && known.has(node.group) ? node.group : ''
    const holder = node.handles === null ? (places.get(around) as Place) : handlers(places, around, node.handles)
    place.parent = holder.id
    holder.children.push(place)
  }
  return places
}

function handlers(places: Map<string, Place>, around: string, handles: string): Place {
  const id = `${around}/${handles}`
  const found = places.get(id)
  if (found) return found
  const made: Place = { id, parent: around, node: null, handles, children: [] }
  places.set(id, made)
  ;(places.get(around) as Place).children.push(made)
  return made
}

/** Gives what holds a place, from the inside out, the place itself first and the top last. */
export function lineOf(places: ReadonlyMap<string, Place>, id: string): string[] {
  const line: string[] = []
  for (let at = places.get(id); at !== undefined; at = at.id === '' ? undefined : places.get(at.parent)) line.push(at.id)
  return line
}

/** Gives what is seen of a task: itself, or the outermost folded thing that holds it. */
export function seenAs(places: ReadonlyMap<string, Place>, folded: ReadonlySet<string>, id: string): string {
  const outside = lineOf(places, id).slice(1)
  return outside.findLast((each) => folded.has(each)) ?? id
}

/** A line between two places that stand in the same thing. */
export interface Link {
  from: string
  to: string
  within: string
}

/** Lifts edges to where both ends stand beside each other, once for each pair; what a longer way says already is left out. */
export function linksOf(graph: FlowGraph, places: ReadonlyMap<string, Place>): Link[] {
  const found = new Map<string, Map<string, Link>>()
  for (const edge of graph.edges) {
    const link = lifted(places, edge)
    if (link === null) continue
    const beside = found.get(link.within) ?? new Map<string, Link>()
    found.set(link.within, beside.set(`${link.from}\n${link.to}`, link))
  }
  return [...found.values()].flatMap((beside) => reduced([...beside.values()]))
}

function lifted(places: ReadonlyMap<string, Place>, edge: FlowEdge): Link | null {
  const [one, other] = [lineOf(places, edge.from), lineOf(places, edge.to)]
  if (one.length === 0 || other.length === 0) return null
  const inside = new Set(other)
  const at = one.findIndex((each) => inside.has(each))
  const within = one[at] as string
  const [from, to] = [one[at - 1], other[other.indexOf(within) - 1]]
  // what reads the group that it stands in has no line
  return from === undefined || to === undefined ? null : { from, to, within }
}

function reduced(links: readonly Link[]): Link[] {
  const after = new Map<string, string[]>()
  for (const link of links) after.set(link.from, [...(after.get(link.from) ?? []), link.to])
  return links.filter((link) => !longerWay(after, link))
}

function longerWay(after: ReadonlyMap<string, readonly string[]>, link: Link): boolean {
  const seen = new Set<string>([link.from])
  const ahead = (after.get(link.from) ?? []).filter((each) => each !== link.to)
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    if (next === link.to) return true
    if (seen.has(next)) continue
    seen.add(next)
    ahead.push(...(after.get(next) ?? []))
  }
  return false
}

/** Adds to a graph the tasks of an older one that were dropped since, with the lines that led to them. */
export function withDropped(graph: FlowGraph, older: FlowGraph, dropped: readonly string[]): FlowGraph {
  const here = new Set(graph.nodes.map((node) => node.id))
  const gone = new Set(dropped.filter((each) => !here.has(each)))
  const nodes = older.nodes
    .filter((node) => gone.has(node.id))
    .map((node) => ({ ...node, group: node.group !== null && here.has(node.group) ? node.group : null }))
  const both = new Set([...here, ...nodes.map((node) => node.id)])
  const edges = older.edges.filter((edge) => both.has(edge.from) && both.has(edge.to) && gone.has(edge.to))
  return { nodes: [...graph.nodes, ...nodes], edges: [...graph.edges, ...edges] }
}

/** How many tasks are seen at most before groups are folded by themselves. */
const MANY = 60

/** Gives the groups that are folded to begin with: none of a small flow, of a large one all. */
export const foldedAtFirst = (graph: FlowGraph): ReadonlySet<string> =>
  graph.nodes.length <= MANY ? new Set() : groupsOf(graph.nodes)

/** Gives for each task what begins right after it: what stands behind it, or behind the group whose last task it is. */
export function followersOf(graph: FlowGraph): Map<string, string[]> {
  const places = placesOf(graph)
  const next = new Map<string, string[]>()
  for (const link of linksOf(graph, places)) next.set(link.from, [...(next.get(link.from) ?? []), link.to])
  const after = (task: string): string[] => {
    for (const id of lineOf(places, task)) {
      const found = next.get(id)
      if (found) return found
      // behind the last task of a loop's body stands its next item, which is no task
      if (places.get(places.get(id)?.parent ?? '')?.node?.kind === 'loop') return []
    }
    return []
  }
  return new Map(graph.nodes.map((node) => [node.id, after(node.id)]))
}
