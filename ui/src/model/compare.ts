/** What became of a task in one of two runs. */
export interface TaskSide {
  task_run: string
  type: string
  state: string
  action: string
  attempt: number
  seconds: number | null
  output_digest: string | null
  reused_from: string | null
  error: string | null
  reason: string
}

export interface Change {
  name: string
  before?: unknown
  after?: unknown
}

/** One address in both runs, as the API tells it. */
export interface ComparedTask {
  address: string
  same_result: boolean
  is_group: boolean
  before: TaskSide | null
  after: TaskSide | null
  properties: string[]
  rendered: Change[]
  read: string[]
  outputs: Change[]
  more_outputs: number
}

export type Outcome = 'same' | 'different' | 'before' | 'after'
export type Shown = 'all' | 'different' | 'same' | 'one'

export function outcomeOf(task: ComparedTask): Outcome {
  if (task.before === null) return 'after'
  if (task.after === null) return 'before'
  return task.same_result ? 'same' : 'different'
}

const BRACKETS = /\[(?:"(?:[^"\\]|\\.)*"|[^\]"]*)\]/g

/** How deep an address stands: below how many items. */
export const depthOf = (address: string): number => address.match(BRACKETS)?.length ?? 0

/** A row of the comparison: a task, or what was folded away. */
export type CompareRow =
  | { kind: 'task'; task: ComparedTask; depth: number; label: string }
  | { kind: 'more'; key: string; count: number; depth: number }

/** How many items of a loop that are the same are shown before the rest is folded. */
const ITEMS = 6

/** Counts tasks without groups by how they came out. */
export function tallyOf(tasks: readonly ComparedTask[]): Record<Shown, number> {
  const leaves = tasks.filter((task) => !task.is_group)
  const is = (...outcomes: Outcome[]) => leaves.filter((task) => outcomes.includes(outcomeOf(task))).length
  return { all: leaves.length, different: is('different'), same: is('same'), one: is('before', 'after') }
}

/** Gives the rows that are shown; many equal items of one loop are folded into one row. */
export function rowsOf(tasks: readonly ComparedTask[], shown: Shown, open: ReadonlySet<string>): CompareRow[] {
  const wanted = tasks.filter((task) => {
    const outcome = outcomeOf(task)
    if (shown === 'all') return true
    return !task.is_group && (shown === 'one' ? outcome === 'before' || outcome === 'after' : outcome === shown)
  })
  const rows: CompareRow[] = []
  const same = new Map<string, number>()
  const folded = new Map<string, Extract<CompareRow, { kind: 'more' }>>()
  for (const task of wanted) {
    const depth = depthOf(task.address)
    const around = loopOf(task.address)
    if (around !== null && shown === 'all' && outcomeOf(task) === 'same' && !open.has(around)) {
      const before = same.get(around) ?? 0
      same.set(around, before + 1)
      if (before >= ITEMS) {
        const more = folded.get(around) ?? { kind: 'more', key: around, count: 0, depth }
        if (more.count === 0) rows.push(more)
        more.count += 1
        folded.set(around, more)
        continue
      }
    }
    rows.push({ kind: 'task', task, depth, label: labelOf(task.address) })
  }
  return rows
}

/** The loop that the innermost item of an address is of. */
function loopOf(address: string): string | null {
  const found = [...address.matchAll(BRACKETS)].at(-1)
  return found ? address.slice(0, found.index) : null
}

/** An address without the items around it: what tells it from its siblings. */
function labelOf(address: string): string {
  const found = [...address.matchAll(BRACKETS)].at(-1)
  return found ? address.slice(found.index) : address
}

/** Which task is looked at closely where none was chosen: where the runs begin to differ, else the first that differs. */
export const firstShown = (tasks: readonly ComparedTask[], first: string | null): ComparedTask | null =>
  tasks.find((task) => task.address === first) ?? tasks.find((task) => !task.is_group && outcomeOf(task) !== 'same') ?? null

/** Writes a side of a change as lines that can be compared. */
export function written(value: unknown): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2)
}
