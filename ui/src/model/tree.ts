import { around, item } from './address'
import { lookOf, type Look } from './looks'

/** When one task run ran, as the API tells it. */
export interface Bar {
  id: string
  address: string
  task: string
  type: string
  parent: string | null
  state: string
  action: string
  attempts: number
  started: number | null
  ended: number | null
  reusedFrom: string | null
}

/** A task in the graph of the flow, as far as rows need it. */
export interface GraphNode {
  id: string
  group: string | null
  handles: string | null
  position: number
  kind: string
}

/** What a plan says of an address that has not come to its turn. */
export interface Planned {
  address: string
  task: string
  type: string
  action: string
  breakpoint?: boolean
  estimate_s?: number | null
}

/** A row of the Gantt: a task, or what holds tasks. */
export interface Row {
  key: string
  kind: 'task' | 'group' | 'item' | 'handlers' | 'more' | 'attempt'
  label: string
  look: Look
  /** Whether the run stops before it. */
  stops?: boolean
  bar: Bar | null
  started: number | null
  ended: number | null
  /** How many tasks below look how; groups alone have it. */
  share: ReadonlyMap<Look, number>
  children: Row[]
  /** Of what was never begun, the addresses of what failed before it. */
  failedBefore?: readonly string[]
}

const GROUPS = new Set(['sequence', 'parallel', 'loop', 'choice', 'dag'])
const HANDLERS: Record<string, string> = { errors: 'on failure', finally: 'finally', after: 'after the run' }
/** How many items of a loop are shown before the rest is folded into one row. */
export const SHOWN = 8

/** Makes bars of the rows and columns that the API gives. */
export function barsOf(columns: readonly string[], rows: readonly (readonly (string | number | null)[])[]): Bar[] {
  const at = (name: string) => columns.indexOf(name)
  const [id, address, task, type, parent, state, action, attempts, started, ended, reused] = [
    'id', 'address', 'task', 'type', 'parent', 'state', 'action', 'attempts', 'started', 'ended', 'reused_from',
  ].map(at) as [number, number, number, number, number, number, number, number, number, number, number]
  return rows.map((row) => ({
    id: String(row[id]),
    address: String(row[address]),
    task: String(row[task]),
    type: String(row[type]),
    parent: row[parent] as string | null,
    state: String(row[state]),
    action: String(row[action]),
    attempts: Number(row[attempts]),
    started: row[started] as number | null,
    ended: row[ended] as number | null,
    reusedFrom: row[reused] as string | null,
  }))
}

/** Puts task runs, and what is still to come, into the groups, loops and items that they stand in. */
export function treeOf(
  bars: readonly Bar[],
  nodes: readonly GraphNode[],
  planned: readonly Planned[],
  ended: boolean,
  unbegun: ReadonlyMap<string, readonly string[]> = new Map(),
): Row[] {
  const known = new Map(nodes.map((node) => [node.id, node]))
  const rows = new Map<string, Row>()
  const tops: Row[] = []
  const begun = new Set(bars.map((bar) => bar.address))
  for (const bar of bars) rows.set(bar.address, taskRow(bar, known))
  for (const each of planned) {
    if (!begun.has(each.address) && each.action !== 'LEAVE') rows.set(each.address, comingRow(each, known, ended, unbegun.get(each.address)))
  }
  const holder = (key: string, kind: 'item' | 'handlers', label: string, into: Row[]): Row => {
    const found = rows.get(key)
    if (found) return found
    const made: Row = { key, kind, label, look: 'queued', bar: null, started: null, ended: null, share: new Map(), children: [] }
    rows.set(key, made)
    into.push(made)
    return made
  }
  for (const row of [...rows.values()]) {
    const task = row.bar?.task ?? row.label
    const node = known.get(task)
    let into = siblings(row, node?.group ?? row.bar?.parent ?? null, rows, tops, holder)
    if (node?.handles) {
      const key = `${around(row.key)}/${node.group ?? ''}/${node.handles}`
      into = holder(key, 'handlers', HANDLERS[node.handles] ?? node.handles, into).children
    }
    into.push(row)
  }
  return settled(tops, known)
}

function taskRow(bar: Bar, known: ReadonlyMap<string, GraphNode>): Row {
  const kind = GROUPS.has(known.get(bar.task)?.kind ?? '') ? 'group' : 'task'
  const look = lookOf(bar.state, bar.action)
  return {
    key: bar.address, kind, label: bar.task, look, bar, started: bar.started, ended: bar.ended, share: new Map(), children: [],
  }
}

function comingRow(each: Planned, known: ReadonlyMap<string, GraphNode>, ended: boolean, failedBefore: readonly string[] | undefined): Row {
  const kind = GROUPS.has(known.get(each.task)?.kind ?? '') ? 'group' : 'task'
  const look = ended ? 'skipped' : 'queued'
  const stops = each.breakpoint === true && !ended
  const row: Row = { key: each.address, kind, label: each.task, look, ...(stops && { stops }), bar: null, started: null, ended: null, share: new Map(), children: [] }
  return failedBefore === undefined ? row : { ...row, failedBefore }
}

function siblings(
  row: Row,
  group: string | null,
  rows: ReadonlyMap<string, Row>,
  tops: Row[],
  holder: (key: string, kind: 'item', label: string, into: Row[]) => Row,
): Row[] {
  const inside = around(row.key)
  const beside = inside === '' ? '' : `${inside}.`
  const direct = group === null ? undefined : rows.get(`${beside}${group}`)
  if (direct && direct !== row) return direct.children
  if (inside === '') return tops
  const found = item(inside)
  if (found === null) return rows.get(inside)?.children ?? tops
  const loop = rows.get(found.loop)
  return holder(inside, 'item', found.key, loop?.children ?? tops).children
}

/** Brings rows into the order of the definition, and tells of each group what is in it. */
function settled(rows: Row[], known: ReadonlyMap<string, GraphNode>): Row[] {
  const position = (row: Row): number => known.get(row.bar?.task ?? row.label)?.position ?? Number.MAX_SAFE_INTEGER
  const last = (row: Row): number => (row.kind === 'handlers' ? 1 : 0)
  rows.sort((one, other) => last(one) - last(other) || (one.kind === 'item' ? 0 : position(one) - position(other)))
  for (const row of rows) {
    if (row.children.length === 0) continue
    row.children = settled(row.children, known)
    row.share = shareOf(row.children)
    if (row.bar === null) spanned(row)
    if (row.kind === 'task') row.kind = 'group'
  }
  return rows.map(alone)
}

/** An item with a single task in it is shown as one row, under the item's key. */
function alone(row: Row): Row {
  const only = row.children[0]
  if (row.kind !== 'item' || row.children.length !== 1 || only === undefined || only.children.length > 0) return row
  return { ...only, label: row.label }
}

function shareOf(rows: readonly Row[]): Map<Look, number> {
  const share = new Map<Look, number>()
  for (const row of rows) {
    const parts = row.children.length === 0 ? [[row.look, 1] as const] : row.share
    for (const [look, number] of parts) share.set(look, (share.get(look) ?? 0) + number)
  }
  return share
}

const WORST: readonly Look[] = ['failed', 'killed', 'running', 'paused', 'warning', 'success', 'pinned', 'reused', 'queued', 'skipped']

function spanned(row: Row): void {
  const starts = row.children.map((child) => child.started).filter((at) => at !== null)
  const open = row.children.some((child) => child.started !== null && child.ended === null)
  const ends = row.children.map((child) => child.ended).filter((at) => at !== null)
  row.started = starts.length === 0 ? null : Math.min(...starts)
  row.ended = open || ends.length === 0 ? null : Math.max(...ends)
  row.look = WORST.find((look) => row.share.has(look)) ?? 'queued'
}

/** A row as it stands on the page, with how deep it is. */
export interface Line {
  row: Row
  depth: number
  open: boolean
}

/** What decides which items of a long loop are seen. */
export interface Choice {
  /** The address that is open, which is always seen. */
  kept: string | null
  /** Whether the longest come first; not while the run goes on, for then they would change places. */
  longest: boolean
}

/** Gives the rows that are seen: those whose groups are open, and of a long loop the ones that matter first. */
export function linesOf(rows: readonly Row[], open: ReadonlyMap<string, boolean>, choice: Choice = { kept: null, longest: true }, depth = 0): Line[] {
  const lines: Line[] = []
  for (const row of chosen(rows, open, choice)) {
    const folds = row.children.length > 0
    const isOpen = folds ? (open.get(row.key) ?? opensBy(row)) : triedAgain(row) && open.get(row.key) === true
    lines.push({ row, depth, open: isOpen })
    if (folds && isOpen) lines.push(...linesOf(row.children, open, choice, depth + 1))
  }
  return lines
}

/** The address of the task that a row stands for, though it may not have begun; nothing for what only holds rows. */
export const addressOf = (row: Row): string | null => row.bar?.address ?? (row.kind === 'task' || (row.kind === 'group' && row.children.length === 0) ? row.key : null)

/** Whether a task was tried more than once, so that its attempts can be unfolded. */
export const triedAgain = (row: Row): boolean => row.children.length === 0 && (row.bar?.attempts ?? 0) > 1

/** One try of a task run, as the API tells it. */
export interface Try {
  number: number
  state: string
  started: string
  ended: string | null
}

/** Puts the attempts of tasks below them, where they are unfolded. */
export function withAttempts(lines: readonly Line[], of: ReadonlyMap<string, readonly Try[]>): Line[] {
  return lines.flatMap((line) => {
    const tries = line.open && triedAgain(line.row) ? (of.get(line.row.key) ?? []) : []
    return [line, ...tries.map((each) => ({ row: attemptRow(line.row.key, each), depth: line.depth + 1, open: false }))]
  })
}

function attemptRow(address: string, { number, state, started, ended }: Try): Row {
  const at = (moment: string) => Date.parse(moment) / 1000
  return {
    key: `${address}/${number}`, kind: 'attempt', label: `Attempt ${number}`, look: lookOf(state), bar: null, started: at(started),
    ended: ended === null ? null : at(ended), share: new Map(), children: [],
  }
}

/** The address of the task that a row of an attempt belongs to. */
export const triedBy = (row: Row): string => row.key.slice(0, row.key.lastIndexOf('/'))

/** Items are folded unless something in them went wrong; all else is open. */
function opensBy(row: Row): boolean {
  if (row.kind === 'item') return row.share.has('failed') && row.children.length <= SHOWN
  return true
}

function chosen(rows: readonly Row[], open: ReadonlyMap<string, boolean>, { kept, longest }: Choice): readonly Row[] {
  const items = rows.filter(isItem)
  if (items.length <= SHOWN) return rows
  const key = `more:${items[0]?.key}`
  if (open.get(key)) return [...rows, moreRow(key, [], 'Fewer')]
  const opened = (row: Row): boolean => kept !== null && (row.key === kept || kept.startsWith(`${row.key}.`))
  const rank = (row: Row): number => (row.look === 'failed' || opened(row) ? 0 : row.look === 'killed' ? 1 : 2)
  const length = (row: Row): number => (longest && row.started !== null && row.ended !== null ? row.ended - row.started : 0)
  const first = [...items].sort((one, other) => rank(one) - rank(other) || length(other) - length(one)).slice(0, SHOWN)
  const shown = new Set(first)
  const rest = items.filter((row) => !shown.has(row))
  return [...rows.filter((row) => !isItem(row) || shown.has(row)), moreRow(key, rest, `${rest.length} more`)]
}

const isItem = (row: Row): boolean => row.kind === 'item' || (row.bar !== null && row.label !== row.bar.task)

function moreRow(key: string, rest: readonly Row[], label: string): Row {
  const row: Row = { key, kind: 'more', label, look: 'queued', bar: null, started: null, ended: null, share: shareOf(rest), children: [] }
  return row
}

/** Gives all rows that have something in them. */
export function foldable(rows: readonly Row[]): string[] {
  return rows.flatMap((row) => (row.children.length === 0 ? [] : [row.key, ...foldable(row.children)]))
}
