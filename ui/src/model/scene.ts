import { lineOf, linksOf, placesOf, seenAs, type FlowGraph, type Place } from './graph'

/** What has a place in the picture: where it stands from its left and top edge, in pixels. */
export interface Box {
  id: string
  place: Place
  x: number
  y: number
  width: number
  height: number
  /** Whether its tasks are seen in it. */
  open: boolean
  /** How many tasks are in it. */
  count: number
}

export interface Stroke {
  id: string
  from: string
  to: string
  /** Of a line to a later row, the height at which it goes there. */
  via: number | null
  /** Whether it is seen only while one of its ends is chosen. */
  reads: boolean
}

export interface Scene {
  /** What holds others comes before them. */
  boxes: Box[]
  strokes: Stroke[]
  width: number
  height: number
}

export interface Size {
  width: number
  height: number
}

/** Gives for things of a size, and lines between them, where their middles are, in columns from left to right. */
export type Arrange = (sizes: ReadonlyMap<string, Size>, links: readonly { from: string; to: string }[]) => Map<string, { x: number; y: number }>

export const NODE: Size = { width: 172, height: 46 }
const PADDING = 14
const TITLE = 40
/** Between columns, between rows, and between what stands in one column. */
export const GAPS = { column: 48, row: 34, beside: 18 }
/** By how much the whole may be wider than there is room before it goes on in a new row: it is drawn smaller instead. */
const SQUEEZE = 1.2

/** How many things stand in a column on average at most where it goes on in rows: of more, too many lines would go round. */
const CROWD = 2.5

interface Level extends Size {
  at: Map<string, { x: number; y: number }>
  rows: Map<string, number>
  /** Where each row ends. */
  ends: number[]
}

/** Lays out a graph from left to right, in rows where there is no room for it in one. */
export function sceneOf(graph: FlowGraph, folded: ReadonlySet<string>, room: number, arrange: Arrange): Scene {
  const places = placesOf(graph)
  const links = linksOf(graph, places)
  const levels = new Map<string, Level>()
  const isOpen = (place: Place): boolean => place.children.length > 0 && !folded.has(place.id)
  const sizeOf = (place: Place, width: number): Size => {
    if (!isOpen(place)) return NODE
    const level = levelOf(place, width - 2 * PADDING)
    return { width: Math.max(level.width + 2 * PADDING, NODE.width), height: level.height + TITLE + PADDING }
  }
  const levelOf = (place: Place, width: number): Level => {
    const sizes = new Map(place.children.map((child) => [child.id, sizeOf(child, width)]))
    const level = laid(place, sizes, links.filter((link) => link.within === place.id), width, arrange)
    levels.set(place.id, level)
    return level
  }
  const top = levelOf(places.get('') as Place, room)
  const boxes: Box[] = []
  const put = (place: Place, left: number, above: number, width: number) => {
    const level = levels.get(place.id) as Level
    for (const child of place.children) {
      const { x, y } = level.at.get(child.id) as { x: number; y: number }
      const size = sizeAt(child, levels, isOpen(child))
      boxes.push({ id: child.id, place: child, x: left + x, y: above + y, ...size, open: isOpen(child), count: countOf(child) })
      if (isOpen(child)) put(child, left + x + PADDING, above + y + TITLE, width)
    }
  }
  put(places.get('') as Place, 0, 0, room)
  return { boxes, strokes: [...strokesOf(links, boxes, levels), ...readsOf(graph, places, folded)], width: top.width, height: top.height }
}

function sizeAt(place: Place, levels: ReadonlyMap<string, Level>, open: boolean): Size {
  const level = levels.get(place.id)
  if (!open || level === undefined) return NODE
  return { width: Math.max(level.width + 2 * PADDING, NODE.width), height: level.height + TITLE + PADDING }
}

const countOf = (place: Place): number => place.children.reduce((sum, child) => sum + (child.children.length > 0 ? countOf(child) : 1), 0)

/** Lays out what stands in one thing: columns by what comes after what, then rows, then the handlers below. */
function laid(place: Place, sizes: ReadonlyMap<string, Size>, links: readonly { from: string; to: string }[], room: number, arrange: Arrange): Level {
  const [work, handlers] = [place.children.filter((child) => child.handles === null), place.children.filter((child) => child.handles !== null)]
  const level: Level = { at: new Map(), rows: new Map(), ends: [], width: 0, height: 0 }
  const mine = new Map(work.map((child) => [child.id, sizes.get(child.id) as Size]))
  const middles = mine.size === 0 ? new Map<string, { x: number; y: number }>() : arrange(mine, links)
  for (const row of rowsOf(columnsOf(middles, mine), room)) addRow(level, row, middles, mine)
  if (handlers.length > 0) {
    const from = level.height === 0 ? 0 : level.height + GAPS.row
    let x = 0
    for (const child of handlers) {
      const size = sizes.get(child.id) as Size
      level.at.set(child.id, { x, y: from })
      level.width = Math.max(level.width, x + size.width)
      level.height = Math.max(level.height, from + size.height)
      x += size.width + GAPS.beside
    }
  }
  return level
}

interface Column {
  ids: string[]
  width: number
}

function columnsOf(middles: ReadonlyMap<string, { x: number; y: number }>, sizes: ReadonlyMap<string, Size>): Column[] {
  const by = new Map<number, string[]>()
  for (const [id, { x }] of middles) by.set(Math.round(x), [...(by.get(Math.round(x)) ?? []), id])
  return [...by].sort(([one], [other]) => one - other).map(([, ids]) => ({ ids, width: Math.max(...ids.map((id) => (sizes.get(id) as Size).width)) }))
}

const widthOf = (columns: readonly Column[]): number => columns.reduce((sum, column) => sum + column.width, 0) + GAPS.column * Math.max(0, columns.length - 1)

function rowsOf(columns: Column[], room: number): Column[][] {
  const number = columns.reduce((sum, column) => sum + column.ids.length, 0)
  if (widthOf(columns) <= room * SQUEEZE || number > CROWD * columns.length) return columns.length === 0 ? [] : [columns]
  const rows: Column[][] = []
  for (const column of columns) {
    const row = rows.at(-1)
    if (row !== undefined && widthOf([...row, column]) <= room) row.push(column)
    else rows.push([column])
  }
  return rows
}

function addRow(level: Level, row: readonly Column[], middles: ReadonlyMap<string, { x: number; y: number }>, sizes: ReadonlyMap<string, Size>): void {
  const ids = row.flatMap((column) => column.ids)
  const topOf = (id: string) => (middles.get(id) as { y: number }).y - (sizes.get(id) as Size).height / 2
  const first = Math.min(...ids.map(topOf))
  const from = level.ends.length === 0 ? 0 : level.height + GAPS.row
  let x = 0
  for (const column of row) {
    for (const id of column.ids) {
      const size = sizes.get(id) as Size
      const y = from + topOf(id) - first
      level.at.set(id, { x, y })
      level.rows.set(id, level.ends.length)
      level.height = Math.max(level.height, y + size.height)
    }
    x += column.width + GAPS.column
  }
  level.ends.push(level.height)
  level.width = Math.max(level.width, x - GAPS.column)
}

function strokesOf(links: readonly { from: string; to: string; within: string }[], boxes: readonly Box[], levels: ReadonlyMap<string, Level>): Stroke[] {
  const seen = new Map(boxes.map((box) => [box.id, box]))
  return links.flatMap(({ from, to, within }) => {
    const [one, level] = [seen.get(from), levels.get(within)]
    if (one === undefined || level === undefined || !seen.has(to)) return []
    const row = level.rows.get(from)
    const later = row !== undefined && (level.rows.get(to) ?? row) > row
    const at = level.at.get(from) as { y: number }
    const via = later ? one.y - at.y + (level.ends[row] as number) + GAPS.row / 2 : null
    return [{ id: `${from}>${to}`, from, to, via, reads: false }]
  })
}

/** Who reads from whom, as far as it is seen. */
function readsOf(graph: FlowGraph, places: ReadonlyMap<string, Place>, folded: ReadonlySet<string>): Stroke[] {
  const found = new Map<string, Stroke>()
  for (const edge of graph.edges) {
    if (edge.kind !== 'data' || !places.has(edge.from) || !places.has(edge.to)) continue
    const [from, to] = [seenAs(places, folded, edge.from), seenAs(places, folded, edge.to)]
    const inside = lineOf(places, to).includes(from) || lineOf(places, from).includes(to)
    if (!inside) found.set(`${from}>>${to}`, { id: `${from}>>${to}`, from, to, via: null, reads: true })
  }
  return [...found.values()]
}

/** Which box is nearest in a direction, from one that is given. */
export function nextTo(boxes: readonly Box[], from: string, key: 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown'): string | null {
  const here = boxes.find((box) => box.id === from)
  if (!here) return null
  const across = key === 'ArrowLeft' || key === 'ArrowRight'
  const sign = key === 'ArrowLeft' || key === 'ArrowUp' ? -1 : 1
  // of what is open its title counts, for there it is taken hold of
  const middle = (box: Box) => ({ x: box.x + Math.min(box.width, NODE.width) / 2, y: box.y + Math.min(box.height, TITLE) / 2 })
  const at = middle(here)
  let best: { id: string; far: number } | null = null
  for (const box of boxes) {
    const to = middle(box)
    const [along, aside] = across ? [(to.x - at.x) * sign, Math.abs(to.y - at.y)] : [(to.y - at.y) * sign, Math.abs(to.x - at.x)]
    if (along <= 4) continue
    const far = along + 3 * aside
    if (best === null || far < best.far) best = { id: box.id, far }
  }
  return best?.id ?? null
}
